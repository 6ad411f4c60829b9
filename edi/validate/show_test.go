package validate

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

func TestShow(t *testing.T) {
	for _, dir := range []string{"x12", "edifact"} {
		files, _ := filepath.Glob("/work/shared/data/edi/" + dir + "/*")
		for _, file := range files {
			f, _ := os.Open(file)
			fmt.Println("==", filepath.Base(file))
			for r, err := range Interchanges(f, Options{}) {
				if err != nil {
					fmt.Println("  ERR", err)
					continue
				}
				for _, f := range r.All() {
					w := "E"
					if f.Warning {
						w = "w"
					}
					fmt.Printf("  %s %d:%d %v\n", w, f.Position.Offset, f.Position.Segment, f)
				}
			}
			f.Close()
		}
	}
}

package edi

import (
	"os"
	"path/filepath"
	"sync"

	edilib "github.com/touchstone-hub/touchstone/edi"
	"github.com/touchstone-hub/touchstone/edi/guide"
)

var loadTable = sync.OnceValue(func() *guide.Guide {
	f, err := os.Open(filepath.Join(os.Getenv("TOUCHSTONE_DATA"), "edi/structure/x12-004010.txt"))
	if err != nil {
		return nil
	}
	defer f.Close()
	g, err := guide.ReadTable(f, "x12/004010")
	if err != nil {
		panic(err)
	}
	g.Version = "004010"
	return g
})

func guideNamed(name string) *guide.Guide {
	if name == "x12/004010" {
		return loadTable()
	}
	return nil
}

func guideNames(standard edilib.Standard) []string {
	if standard == edilib.X12 {
		return []string{"x12/004010"}
	}
	return nil
}

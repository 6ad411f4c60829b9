package edi

import (
	"os"
	"path/filepath"
	"sync"

	edilib "github.com/touchstone-hub/touchstone/edi"
	"github.com/touchstone-hub/touchstone/edi/directory"
	"github.com/touchstone-hub/touchstone/edi/guide"
)

var loadTable = sync.OnceValue(func() map[string]*guide.Guide {
	base := filepath.Join(os.Getenv("TOUCHSTONE_DATA"), "edi/structure")
	all := map[string]*guide.Guide{}
	f, err := os.Open(filepath.Join(base, "x12-004010.txt"))
	if err != nil {
		return nil
	}
	defer f.Close()
	g, err := guide.ReadTable(f, "x12/004010")
	if err != nil {
		panic(err)
	}
	g.Version = "004010"
	all["x12/004010"] = g
	for _, v := range []string{"d96a", "d03b"} {
		z, _ := os.Open(filepath.Join(base, "un-edifact-"+v+".zip"))
		st, _ := z.Stat()
		d, err := directory.Read(z, st.Size())
		if err != nil {
			panic(err)
		}
		all["edifact/"+v] = d.Batch
		z.Close()
	}
	return all
})

func guideNamed(name string) *guide.Guide { return loadTable()[name] }

func guideNames(standard edilib.Standard) []string {
	if standard == edilib.X12 {
		return []string{"x12/004010"}
	}
	return []string{"edifact/d96a", "edifact/d03b"}
}

// Command make writes the structure tables that package guides carries, from the
// directories as UNECE publishes them and from tables of X12's structure. Facts
// go in (names, needs, lengths, codes with their names), and no other text.
//
//	go run ./edi/guides/make ../shared/data/edi/structure edi/guides/tables
package main

import (
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/touchstone-hub/touchstone/edi/directory"
	"github.com/touchstone-hub/touchstone/edi/guide"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "make: give the folder of the directories, and the folder to write to")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintf(os.Stderr, "make: %v\n", err)
		os.Exit(1)
	}
}

func run(from, to string) error {
	for _, release := range []string{"d96a", "d03b"} {
		g, err := Directory(filepath.Join(from, "un-edifact-"+release+".zip"))
		if err != nil {
			return err
		}
		if err := write(g, filepath.Join(to, "edifact-"+release+".txt.gz")); err != nil {
			return err
		}
	}
	for file, version := range map[string]string{"x12-004010.txt": "004010", "x12-005010-999.txt": "005010"} {
		g, err := Structure(filepath.Join(from, file), version)
		if err != nil {
			return err
		}
		if err := write(g, filepath.Join(to, "x12-"+version+".txt.gz")); err != nil {
			return err
		}
	}
	return nil
}

// Directory reads a UN/EDIFACT directory for batch EDI.
func Directory(file string) (*guide.Guide, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	d, err := directory.Read(f, info.Size())
	if err != nil {
		return nil, fmt.Errorf("import %s: %w", file, err)
	}
	return d.Batch, nil
}

// Structure reads a table of X12's structure.
func Structure(file, version string) (*guide.Guide, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	g, err := guide.ReadTable(f, file)
	if err != nil {
		return nil, err
	}
	g.Name, g.Version, g.Title = "x12/"+version, version, "X12 "+version+", structure"
	return g, nil
}

func write(g *guide.Guide, file string) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	if err := Compress(f, g); err != nil {
		return fmt.Errorf("write %s: %w", file, err)
	}
	return f.Close()
}

// Compress writes the guide's table in the form that is carried.
func Compress(w io.Writer, g *guide.Guide) error {
	z, err := gzip.NewWriterLevel(w, gzip.BestCompression)
	if err != nil {
		return err
	}
	if err := g.WriteTable(z); err != nil {
		return err
	}
	return z.Close()
}

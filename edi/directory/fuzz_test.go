package directory

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/touchstone-hub/touchstone/edi"
	"github.com/touchstone-hub/touchstone/edi/guide"
)

// seeds gives parts of the files of the directories, by what they are.
func seeds(f *testing.F) {
	root := os.Getenv("TOUCHSTONE_DATA")
	if root == "" {
		root = "../../../shared/data"
	}
	for _, name := range releases {
		text, err := os.ReadFile(filepath.Join(root, "edi", "structure", name))
		if err != nil {
			continue // the seeds below do
		}
		files, err := unpack(bytes.NewReader(text), int64(len(text)))
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range files {
			switch base := upper(file.name); {
			case strings.HasPrefix(base, "ORDERS_") || strings.HasPrefix(base, "PARTIN_"):
				f.Add(file.text[len(file.text)*3/4:])
			case partName.MatchString(base) || codesName.MatchString(base):
				f.Add(file.text[:min(len(file.text), 3000)])
			}
		}
	}
	f.Add([]byte("Pos    Tag Name                                      S   R\n\n0010   UNH Message header                            M   1     \n0080       ----- Segment group 1  ------------------ C   10----------+\n0090   RFF Reference                                 M   1           |\n0100   DTM Date/time/period                          C   5-----------+\n0110   UNT Message trailer                           M   1     \n"))
	f.Add([]byte("----------------------------------------------------------------------\n\n       TDT  TRANSPORT\n\n010    8051 QUALIFIER                                M    1 an..3\n020    C220 MODE OF TRANSPORT                        C    1\n       8067  Mode                                    C      an..3\n\n       Dependency note:\n    +  020  D5(020,010) If first, then all\n"))
}

// FuzzParts holds reading the files of a directory to an end without a crash,
// whatever stands in them.
func FuzzParts(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		g := guide.New("edifact/f", edi.EDIFACT, "D.00A")
		d := &Directory{Batch: g, Interactive: guide.New("edifact/i", edi.EDIFACT, "D.00A"), Index: map[string][]string{}}
		all := lines(text)
		_ = readSegments(g, all)
		_ = readComposites(g, all)
		_ = readElements(g, all)
		_ = readCodes(g, all)
		d.readIndex(part{kind: "messages"}, all)
		if d.message("ORDERS", all) == nil {
			for _, n := range d.Batch.Messages["ORDERS"].Body[:1] {
				if n.ID == "" {
					t.Fatal("a segment without a tag")
				}
			}
		}
		for id, l := range g.Codes {
			for _, c := range l.Codes {
				if c.Value == "" || c.Title == "" || strings.ContainsAny(c.Value, " \n") {
					t.Fatalf("list %s has code %q, %q", id, c.Value, c.Title)
				}
			}
		}
		_ = g.Check()
	})
}

// FuzzRead holds reading zip files to an end without a crash.
func FuzzRead(f *testing.F) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range map[string]string{"ORDERS_D.96A": "Pos Tag Name S R\n0010   UNH Header   M   1\n0020   UNT Trailer   M   1\n", "TRED.96A": "   1001  Name\n\n   Repr: an..3\n"} {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write([]byte(text))
		}
		if err != nil {
			f.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, text []byte) {
		d, err := Read(bytes.NewReader(text), int64(len(text)))
		if err == nil && len(d.Batch.Messages) == 0 {
			t.Fatal("a directory without messages")
		}
	})
}

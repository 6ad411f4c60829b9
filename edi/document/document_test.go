package document

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"

	"github.com/touchstone-hub/touchstone/edi"
)

func files(t testing.TB) map[string][]byte {
	t.Helper()
	root := os.Getenv("TOUCHSTONE_DATA")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared", "data")
	}
	out := map[string][]byte{}
	for _, folder := range []string{"x12", "edifact"} {
		names, _ := filepath.Glob(filepath.Join(root, "edi", folder, "*"))
		for _, name := range names {
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			out[folder+"/"+filepath.Base(name)] = b
		}
	}
	if len(out) == 0 {
		if os.Getenv("TOUCHSTONE_REQUIRE_DATA") != "" {
			t.Fatalf("no interchanges under %s (TOUCHSTONE_DATA names the data folder)", root)
		}
		t.Skip("the shared data folder is not here (TOUCHSTONE_DATA)")
	}
	return out
}

type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

// there writes a stream as a document and back, and says how far it was read.
func there(t fataler, b []byte) (back, tree []byte, err error) {
	t.Helper()
	var doc, out bytes.Buffer
	err = WriteJSON(&doc, edi.NewScanner(bytes.NewReader(b)), nil, nil)
	if !json.Valid(doc.Bytes()) {
		t.Fatalf("this is not JSON:\n%s", doc.Bytes())
	}
	if failed := WriteEDI(&out, bytes.NewReader(doc.Bytes())); failed != nil {
		t.Fatalf("cannot write the document: %v\n%s", failed, doc.Bytes())
	}
	return out.Bytes(), doc.Bytes(), err
}

func TestDocument_givesTheSameBytes(t *testing.T) {
	for name, b := range files(t) {
		back, tree, err := there(t, b)
		if err != nil || !bytes.Equal(back, b) {
			t.Errorf("%s: %v; %d bytes came back, expected %d\n%s", name, err, len(back), len(b), tree)
		}
	}
}

// check holds what must be true of any bytes at all.
func check(t fataler, b []byte) {
	back, tree, err := there(t, b)
	if err == nil && !bytes.Equal(back, b) || !bytes.HasPrefix(b, back) {
		t.Fatalf("%v; %q became %q\n%s", err, b, back, tree)
	}
}

func TestDocument_givesTheSameBytesOfBrokenStreams(t *testing.T) {
	var all [][]byte
	for _, b := range files(t) {
		if len(b) < 4000 {
			all = append(all, b)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		b := bytes.Clone(rapid.SampledFrom(all).Draw(t, "file"))
		for range rapid.IntRange(1, 6).Draw(t, "changes") {
			at := rapid.IntRange(0, len(b)-1).Draw(t, "at")
			switch rapid.IntRange(0, 4).Draw(t, "change") {
			case 0: // another byte
				b[at] = rapid.Byte().Draw(t, "byte")
			case 1: // cut off
				b = b[:at+1]
			case 2: // without its beginning
				b = b[at:]
			case 3: // another file within
				other := rapid.SampledFrom(all).Draw(t, "other")
				b = append(append(bytes.Clone(b[:at]), other...), b[at:]...)
			case 4: // a delimiter doubled, or put elsewhere
				b = append(append(bytes.Clone(b[:at]), rapid.SampledFrom([]byte("*+~':?\n^ >")).Draw(t, "delimiter")), b[at:]...)
			}
		}
		check(t, b)
	})
}

func FuzzDocument(f *testing.F) {
	root := os.Getenv("TOUCHSTONE_DATA")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared", "data")
	}
	names, _ := filepath.Glob(filepath.Join(root, "edi", "*", "*"))
	for _, name := range names {
		if b, err := os.ReadFile(name); err == nil && len(b) < 8000 {
			f.Add(b)
		}
	}
	f.Add([]byte("STX=ANA:1+5000:A+5010:B+200101:1200+R'MHD=1+ORDHDR:9'TYP=04=30'MTR=3'END=1'"))
	f.Add([]byte("\xef\xbb\xbfUNH+1+ORDERS:D:96A:UN'BGM+22?0'UNT+3+1'"))
	f.Fuzz(func(t *testing.T, b []byte) { check(t, b) })
}

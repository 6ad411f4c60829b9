package anonymise

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/touchstone-hub/touchstone/edi"
)

func run(t testing.TB, key, in string) string {
	t.Helper()
	var out bytes.Buffer
	if err := New([]byte(key)).Stream(&out, edi.NewBytesScanner([]byte(in))); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

const order = "UNA:+.? 'UNB+UNOC:3+5412345678908:14+8798765432106:14+240101:1200+REF1'UNH+1+ORDERS:D:96A:UN:EAN008'BGM+220+PO1234+9'DTM+137:20240101:102'" +
	"NAD+BY+5412345000013::9++M?'Gee ?+ Sons:Shop+Str 1+ULM++50667+DE'CTA+OC+:LEE'COM+0711 12345:TE'LIN+1++4000862141404:EN'QTY+21:5'PRI+AAA:10.50'UNS+S'CNT+2:1'UNT+12+1'UNZ+1+REF1'"

func TestStream_keepsStructureAndReplacesNamesAndNumbers(t *testing.T) {
	out := run(t, "key", order)
	for _, gone := range []string{"Gee", "Sons", "Shop", "ULM", "LEE", "50667", "12345", "5412345", "PO1234", "4000862141404", "8798765432106"} {
		if strings.Contains(out, gone) {
			t.Errorf("%q is still in %s", gone, out)
		}
	}
	for _, kept := range []string{"UNA:+.? 'UNB+UNOC:3+", ":14+240101:1200+REF1'", "UNH+1+ORDERS:D:96A:UN:EAN008'BGM+220+", "+9'DTM+137:20240101:102'NAD+BY+", "::9++", "?'", "?+", "+DE'CTA+OC+:", ":TE'LIN+1++", ":EN'QTY+21:5'PRI+AAA:", "UNS+S'CNT+2:1'UNT+12+1'UNZ+1+REF1'"} {
		if !strings.Contains(out, kept) {
			t.Errorf("%q is not in %s", kept, out)
		}
	}
	if again := run(t, "key", order); again != out {
		t.Error("the same key gives another result")
	}
	if other := run(t, "other", order); other == out {
		t.Error("another key gives the same result")
	}
}

func TestStream_replacesTheSameByTheSame(t *testing.T) {
	out := run(t, "k", "UNB+UNOW:4+A:14+B:14+20240101:1200+1'NAD+BY+++上海客户有限公司'NAD+DP+++上海客户有限公司'NAD+UC+++Müller'")
	parts := strings.Split(out, "'")
	if parts[1][7:] != parts[2][7:] || strings.Contains(out, "上海客户") || strings.Contains(out, "ller") {
		t.Errorf("names became %s and %s and %s", parts[1], parts[2], parts[3])
	}
	if n := utf8.RuneCountInString(parts[1]); n != utf8.RuneCountInString("NAD+BY+++上海客户有限公司") || !utf8.ValidString(out) {
		t.Errorf("%q has %d characters", parts[1], n)
	}
}

func TestStream_keepsShapeOfRealFiles(t *testing.T) {
	root := os.Getenv("TOUCHSTONE_DATA")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared", "data")
	}
	names, _ := filepath.Glob(filepath.Join(root, "edi", "*", "*edi*"))
	if len(names) == 0 {
		if os.Getenv("TOUCHSTONE_REQUIRE_DATA") != "" {
			t.Fatal("no interchanges (TOUCHSTONE_DATA names the data folder)")
		}
		t.Skip("the shared data folder is not here (TOUCHSTONE_DATA)")
	}
	for _, name := range names {
		in, err := os.ReadFile(name)
		if err != nil || strings.Contains(name, "structure") {
			continue
		}
		out := []byte(run(t, "key", string(in)))
		a, b := shape(in), shape(out)
		if a != b {
			t.Errorf("%s has the shape\n%s\nexpected\n%s", filepath.Base(name), b, a)
		}
	}
}

// shape gives tags and the lengths of values.
func shape(in []byte) string {
	var out strings.Builder
	w := edi.NewWalker(edi.NewBytesScanner(in))
	for w.Next() {
		e := w.Event()
		for _, f := range e.Faults {
			if f.Kind != edi.Junk && f.Kind != edi.ControlMismatch {
				out.WriteString(f.Kind.String() + "\n")
			}
		}
		if e.Segment == nil {
			continue
		}
		out.Write(e.Segment.Tag())
		for t := range e.Segment.Tokens {
			out.WriteByte(byte('0' + len(t.Raw)%64))
		}
		out.WriteByte('\n')
	}
	return out.String()
}

func TestValue_neverMakesADelimiter(t *testing.T) {
	y := &edi.Syntax{Standard: edi.EDIFACT, Delimiters: edi.EDIFACT4Delimiters}
	rapid.Check(t, func(t *rapid.T) {
		raw := y.Escape(nil, rapid.SliceOf(rapid.Byte()).Draw(t, "value"))
		got := New([]byte("k")).value(y, raw)
		if len(got) != len(raw) {
			t.Fatalf("%q became %q", raw, got)
		}
		for i := range raw {
			if y.Has(raw[i]) != y.Has(got[i]) {
				t.Fatalf("%q became %q: a delimiter at %d", raw, got, i)
			}
		}
	})
}

package charset

import (
	"errors"
	"testing"

	"pgregory.net/rapid"
)

func TestSet_reads(t *testing.T) {
	for _, c := range []struct{ set, raw, want string }{
		{"UNOA", "HELLO", "HELLO"},
		{"UNOC", "M\xfcller", "Müller"},
		{"UNOC", "50 \x80", "50 €"},                    // the Windows-1252 lie
		{"UNOC", "M\xc3\xbcller", "Müller"},            // the UTF-8 lie
		{"UNOA", "caf\xe9", "café"},                    // beyond ASCII altogether
		{"UNOD", "\xb3\xf3d\xbc", "łódź"},              // Latin alphabet no. 2
		{"UNOE", "\xbc\xde\xe1\xda\xd2\xd0", "Москва"}, // Cyrillic
		{"UNOF", "\xc1\xe8\xde\xed\xe1", "Αθήνα"},
		{"UNOL", "50 \xa4", "50 €"},
		{"UNOW", "東京", "東京"},
		{"UNOY", "\xff", "\uFFFD"},
		{"KECA", "\xbc\xad\xbf\xef", "서울"},
		{"X12", "S\xe3o Paulo", "São Paulo"},
		{"X12", "São Paulo", "São Paulo"},
		{"utf-8", "München", "München"},
	} {
		s, ok := For(c.set)
		if !ok {
			t.Fatalf("there is no %s", c.set)
		}
		if got := s.Decode([]byte(c.raw)); got != c.want {
			t.Errorf("%s reads %q as %q, expected %q", c.set, c.raw, got, c.want)
		}
	}
}

func TestSet_refusesWhatItCannotCarry(t *testing.T) {
	for _, c := range []struct {
		set, text string
		at        int
	}{
		{"UNOA", "ABCd", 4},
		{"UNOB", "a@b", 2},
		{"UNOC", "10 €", 4},
		{"UNOE", "ä", 1},
		{"UNOA", "A\xff", 2},
		{"KECA", "서울\U0001F600", 3},
		{"ascii", "é", 1},
		{"UNOW", "a\xff", 2},
	} {
		s, _ := For(c.set)
		_, err := s.Encode(nil, c.text)
		var e *Error
		if !errors.As(err, &e) || e.At != c.at {
			t.Errorf("%s takes %q: %v; expected an error at character %d", c.set, c.text, err, c.at)
		}
	}
}

func TestSet_writesWhatItReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.SampledFrom(sets).Draw(t, "set")
		text := rapid.String().Draw(t, "text")
		raw, err := s.Encode(nil, text)
		if err != nil {
			return
		}
		if got := s.Decode(raw); got != text && !(s.enc != nil && s.lax) && s.name != "UNOX" {
			t.Fatalf("%s writes %q as %q and reads %q", s.name, text, raw, got)
		}
	})
}

func FuzzSet_readsAnyBytes(f *testing.F) {
	f.Add("UNOC", []byte("M\xfcller \x80"))
	f.Add("UNOX", []byte("\x1b$B%F\x1b(B"))
	f.Fuzz(func(t *testing.T, name string, raw []byte) {
		s, ok := For(name)
		if !ok {
			return
		}
		text := s.Decode(raw)
		if again, err := s.Encode(nil, text); err == nil && len(text) > 0 && len(again) == 0 {
			t.Fatalf("%s: %q reads as %q and writes as nothing", name, raw, text)
		}
	})
}

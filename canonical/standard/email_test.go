package standard

import (
	"testing"
	"unicode/utf8"
)

func TestEmail(t *testing.T) {
	t.Parallel()
	s := &Standardiser{}
	for in, want := range map[string]string{
		"bob@example.com": "bob@example.com", " Bob.Norman@Example.COM ": "bob.norman@example.com",
		"mailto:bob@example.com": "bob@example.com", "Bob Norman <BOB@example.com>": "bob@example.com",
		"ｂｏｂ＠ｅｘａｍｐｌｅ．ｃｏｍ": "bob@example.com", "info@Müller.de": "info@xn--mller-kva.de",
		"info@xn--mller-kva.de": "info@xn--mller-kva.de", "李雷@例子。中国": "李雷@xn--fsqu00a.xn--fiqs8s",
		"b.o.b+news@gmail.com": "b.o.b+news@gmail.com", "JOSÉ@example.com": "josé@example.com", "jose\u0301@example.com": "josé@example.com",
	} {
		if got, ok := s.Email(in); got != want || !ok {
			t.Errorf("%q: got %q, %v; want %q", in, got, ok, want)
		}
	}
	for _, in := range []string{"", "bob", "bob@", "@example.com", "bob@localhost", "a b@example.com", "none@none", "bob@exa mple.com", "李雷"} {
		if got, ok := s.Email(in); ok || got != "" {
			t.Errorf("%q: got %q, %v", in, got, ok)
		}
	}
}

func FuzzEmail(f *testing.F) {
	for _, seed := range []string{"Bob <bob@example.com>", "mailto:", "<>", "a@ß.de", "İ@x.de", "a@xn--a.de", "ﬁ@x.de."} {
		f.Add(seed)
	}
	s := &Standardiser{}
	f.Fuzz(func(t *testing.T, text string) {
		once, ok := s.Email(text)
		if !ok {
			return
		}
		if twice, again := s.Email(once); !again || twice != once || !utf8.ValidString(once) {
			t.Errorf("%q gives %q, that %q", text, once, twice)
		}
	})
}

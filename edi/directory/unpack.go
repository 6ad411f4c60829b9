package directory

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// Limits of a directory. D.03B has 9 MB of text in 600 files.
const (
	fileLimit  = 64 << 20
	totalLimit = 256 << 20
	depthLimit = 4
)

// file is one file of a directory, out of all the zip files.
type file struct {
	name string
	text []byte
}

// unpack gives the files of a zip file, and those of the zip files in it.
func unpack(r io.ReaderAt, size int64) ([]file, error) {
	u := unpacker{}
	if err := u.zip("", r, size, 0); err != nil {
		return nil, err
	}
	return u.files, nil
}

type unpacker struct {
	files []file
	total int64
}

func (u *unpacker) zip(name string, r io.ReaderAt, size int64, depth int) error {
	archive, err := zip.NewReader(r, size)
	if err != nil {
		return fmt.Errorf("open zip file %s: %w", name, err)
	}
	for _, f := range archive.File {
		inner := name + "/" + f.Name
		if f.FileInfo().IsDir() {
			continue
		}
		text, err := u.read(f)
		if err != nil {
			return fmt.Errorf("read %s: %w", inner, err)
		}
		if strings.HasSuffix(strings.ToLower(f.Name), ".zip") {
			if depth == depthLimit {
				return fmt.Errorf("read %s: zip files stand more than %d deep in each other", inner, depthLimit)
			}
			if err := u.zip(inner, bytes.NewReader(text), int64(len(text)), depth+1); err != nil {
				return err
			}
			continue
		}
		u.files = append(u.files, file{name: strings.TrimPrefix(inner, "/"), text: text})
	}
	return nil
}

func (u *unpacker) read(f *zip.File) ([]byte, error) {
	in, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer in.Close()
	text, err := io.ReadAll(io.LimitReader(in, fileLimit+1))
	if err != nil {
		return nil, err
	}
	if u.total += int64(len(text)); len(text) > fileLimit || u.total > totalLimit {
		return nil, fmt.Errorf("it is too large: %d bytes a file and %d in all are the limits", fileLimit, totalLimit)
	}
	return text, nil
}

// line is a line of a file, without what ends it.
type line struct {
	number int
	text   string
}

// lines divides a file. Text that is no UTF-8 is of code page 437, in which the
// early directories draw; their frames come out as ─, │ and so on.
func lines(text []byte) []line {
	if !utf8.Valid(text) {
		if decoded, err := charmap.CodePage437.NewDecoder().Bytes(text); err == nil {
			text = decoded
		}
	}
	var all []line
	for s := range strings.Lines(string(text)) {
		all = append(all, line{number: len(all) + 1, text: strings.TrimRight(s, "\r\n \x1a")})
	}
	return all
}

// block is what stands between two rules across the page.
type block []line

// blocks divides lines at the rules.
func blocks(text []line) []block {
	var all []block
	start := 0
	for i, l := range text {
		if isRule(l.text) {
			all = append(all, block(text[start:i]))
			start = i + 1
		}
	}
	return append(all, block(text[start:]))
}

// isRule says whether a line is nothing but a rule.
func isRule(s string) bool {
	return len(s) >= 30 && strings.Trim(s, "-") == "" || len(s) >= 90 && strings.Trim(s, "─") == ""
}

// heading gives the first line that is not empty, and where it is; -1 is none.
func (b block) heading() (string, int) {
	for i, l := range b {
		if strings.TrimSpace(l.text) != "" {
			return l.text, i
		}
	}
	return "", -1
}

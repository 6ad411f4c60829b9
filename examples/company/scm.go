package company

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// SCM is supply chain management, which drops files with its partners.
type SCM struct {
	Folder string // holds the folder partners
}

// files are the partners of the two offices, as rows.
type files struct {
	german, chinese [][]string
	bad             []string // keys of rows that nobody can read
}

var (
	germanHeader  = []string{"Partner", "Art", "Name", "Straße", "PLZ", "Ort", "Land", "Telefon", "E-Mail", "USt-IdNr", "Stand"}
	chineseHeader = []string{"伙伴编号", "类型", "名称", "电话", "邮箱", "地址", "城市", "邮编", "国家", "更新时间"}
)

func openSCM(folder string, f *files) (*SCM, error) {
	s := &SCM{Folder: folder}
	if err := os.MkdirAll(filepath.Join(folder, "partners"), 0o750); err != nil {
		return nil, err
	}
	if err := s.DropGerman("partners-de-0001.csv", f.german); err != nil {
		return nil, err
	}
	return s, s.DropChinese("partners-cn-0001.csv", f.chinese)
}

// DropGerman writes a file as the German office does: semicolons, Windows-1252.
func (s *SCM) DropGerman(name string, rows [][]string) error {
	return s.drop(name, ';', charmap.Windows1252, germanHeader, rows)
}

// DropChinese writes a file as the Chinese office does: commas, GB18030.
func (s *SCM) DropChinese(name string, rows [][]string) error {
	return s.drop(name, ',', simplifiedchinese.GB18030, chineseHeader, rows)
}

// drop writes the file aside and moves it into the folder, so that it appears whole.
func (s *SCM) drop(name string, comma rune, charset encoding.Encoding, header []string, rows [][]string) error {
	var text bytes.Buffer
	w := csv.NewWriter(&text)
	w.Comma = comma
	w.UseCRLF = true
	if err := w.WriteAll(append([][]string{header}, rows...)); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	raw, err := charset.NewEncoder().Bytes(text.Bytes())
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	aside := filepath.Join(s.Folder, name+".tmp")
	if err := os.WriteFile(aside, raw, 0o640); err != nil {
		return err
	}
	return os.Rename(aside, filepath.Join(s.Folder, "partners", name))
}

package csv

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/formats"
	"github.com/touchstone-hub/touchstone/formats/formattest"
)

func mustOpen(t testing.TB, kind formats.Kind, yaml string) *Format {
	t.Helper()
	var ps config.Problems
	f := kind.Open(config.Parse("test.yaml", []byte(yaml), nil, &ps), &ps)
	if err := ps.Err(); err != nil {
		t.Fatal(err)
	}
	return f.(*Format)
}

// in writes a text in a charset.
func in(t testing.TB, name, text string) []byte {
	t.Helper()
	b, err := charsets[name].appendText(nil, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// framed gives each frame as "record:line:offset bytes", bad ones with their error.
func framed(t testing.TB, f formats.Format, b []byte) []string {
	t.Helper()
	all, err := formattest.Frames(f, bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, fr := range all {
		s := fmt.Sprintf("%d:%d:%d ", fr.Position.Record, fr.Position.Line, fr.Position.Offset)
		if e, ok := fr.Err.(*formats.SyntaxError); ok {
			s += fmt.Sprintf("! at %d %s; %s ", e.Offset, e.Found, e.Expected)
		}
		got = append(got, s+string(fr.Bytes))
	}
	return got
}

// rows decodes everything into columns joined by "|"; nulls are "-".
func rows(t testing.TB, f formats.Format, b []byte) []string {
	t.Helper()
	all, err := formattest.Frames(f, bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	var d formats.Doc
	for _, fr := range all {
		if fr.Err != nil {
			got = append(got, "!")
			continue
		}
		if err := f.Decode(&d, fr, &formats.Shape{Whole: true}); err != nil {
			t.Fatal(err)
		}
		var fields []string
		for i, k := range d.Root.Kids {
			text := string(k.Text)
			if k.Kind == formats.Null {
				text = "-"
			}
			fields = append(fields, d.Root.Names[i]+"="+text)
		}
		got = append(got, strings.Join(fields, "|"))
	}
	return got
}

func TestFrames_rows(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, yaml, in string
		want           []string
	}{
		{"line ends of all kinds", ``, "\xEF\xBB\xBFa,b\r\n1,2\r\n\r\n3,4\n5,6\r7,8", []string{"1:2:8 1,2", "2:4:15 3,4", "3:5:19 5,6", "4:6:23 7,8"}},
		{"quotes hold line ends and quotes", ``, "a,b\n\"1\n\"\"x\"\"\",2\n3,\",\"\n", []string{"1:2:4 \"1\n\"\"x\"\"\",2", "2:4:16 3,\",\""}},
		{"the wrong number of fields", ``, "a,b\n1\n1,2,3\n1,2\n", []string{"1:2:4 ! at 0 1 fields; 2 1", "2:3:6 ! at 0 3 fields; 2 1,2,3", "3:4:12 1,2"}},
		{"a quote that is never closed costs its line", ``, "a,b\n1,\"x\n2,y\n3,z\n", []string{"1:2:4 ! at 2 a quote that is never closed; a closing quote 1,\"x", "2:3:9 2,y", "3:4:13 3,z"}},
		{"a quote closed by the next one costs its line", ``, "a,b\n1,\"x\n2,y\n3,\"z\"\n4,w\n", []string{"1:2:4 ! at 2 text after a closing quote; a delimiter or the end of the row 1,\"x", "2:3:9 2,y", "3:4:13 3,\"z\"", "4:5:19 4,w"}},
		{"an open quote is looked for up to max_record", `max_record: 10B`, "a,b\n1,\"x\n2,y\n3,z\n4,w\n", []string{"1:2:4 ! at 2 a quote that is not closed within 10 bytes (max_record); a closing quote 1,\"x", "2:3:9 2,y", "3:4:13 3,z", "4:5:17 4,w"}},
		{"a row too long is bad", `max_record: 10B`, "a,b\n1,xxxxxxxxxxxxxx\n2,y\n", []string{"1:2:4 ! at 10 a longer row; at most 10 bytes a row (max_record) 1,xxxxxxxxxxxxxx", "2:3:21 2,y"}},
		{"a quote within a field", ``, "a,b\n1,6\" pipe\n2,y\n", []string{"1:2:4 ! at 3 a quote within a field; quotes around the whole field, and doubled inside it 1,6\" pipe", "2:3:14 2,y"}},
		{"without quotes it is text", `quote: none`, "a,b\n1,6\" pipe\n", []string{"1:2:4 1,6\" pipe"}},
		{"comments", `comment: "#"`, "# x,\"\na,b\n#y\n1,#2\n", []string{"1:4:13 1,#2"}},
		{"bytes that are not of the charset", ``, "a,b\n1,\xff\n2,3\n", []string{"1:2:4 ! at 2 byte 0xFF; charset utf-8 1,\xff", "2:3:8 2,3"}},
		{"columns without a header", `columns: [a, b]`, "1,2\n", []string{"1:1:0 1,2"}},
		{"a bad header ends the file", ``, "a,\"b\n1,2\n", []string{"1:1:0 ! at 2 a quote that is never closed in the header; a closing quote a,\"b\n1,2\n"}},
		{"columns that are not those of the header", `{header: true, columns: [a]}`, "a,b\n1,2\n", []string{"1:1:0 ! at 0 2 fields in the header; 1 columns a,b"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, framed(t, mustOpen(t, CSV, c.yaml), []byte(c.in))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDecode_fields(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, yaml, in string
		want           []string
	}{
		{"empty is null unless quoted", ``, "a,b,c\n1,,\"\"\n", []string{"a=1|b=-|c="}},
		{"what null lists", `null: ["NULL", "\\N"]`, "a,b,c\nNULL,\\N,\"NULL\"\n,x,y\n", []string{"a=-|b=-|c=NULL", "a=|b=x|c=y"}},
		{"no nulls", `null: []`, "a,b\n,\n", []string{"a=|b="}},
		{"trimmed", `trim: true`, "a , b\n x , \"y \" \n", []string{"a=x|b=y "}},
		{"not trimmed", ``, "a,b\n x ,y \n", []string{"a= x |b=y "}},
		{"doubled quotes", ``, "a,b\n\"\"\"\",\"x\"\"y\"\n", []string{`a="|b=x"y`}},
		{"columns replace the header", `{header: true, columns: [x, y]}`, "a,b\n1,2\n", []string{"x=1|y=2"}},
		{"columns without a name", ``, "a,,\n1,2,3\n", []string{"a=1|column 2=2|column 3=3"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, rows(t, mustOpen(t, CSV, c.yaml), []byte(c.in))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDecode_wantedColumns(t *testing.T) {
	f := mustOpen(t, TSV, ``)
	all, _ := formattest.Frames(f, strings.NewReader("id\tname\tname\tcity\n7\tA\tB\t上海\n"))
	shape := &formats.Shape{}
	shape.Slot("city")
	shape.Slot("missing")
	shape.Slot("id")
	var d formats.Doc
	if err := f.Decode(&d, all[0], shape); err != nil {
		t.Fatal(err)
	}
	k := d.Root.Kids
	if string(k[0].Text) != "上海" || k[1].Kind != formats.Absent || string(k[2].Text) != "7" || k[0].Offset != 6 {
		t.Errorf("%+v", k)
	}
	if n := testing.AllocsPerRun(50, func() { _ = f.Decode(&d, all[0], shape) }); n > 0 {
		t.Errorf("%v allocations a row", n)
	}
	shape = &formats.Shape{}
	shape.Slot("name")
	want := `sample:2 (record 1, byte 18): at byte 0 of the record: found column "name" twice in the header; expected a header with each wanted column once`
	if err := f.Decode(&d, all[0], shape); err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
}

// 0x7C, the second byte of 瓅 in GBK and of other characters in Big5 and Shift_JIS, is "|" in ASCII.
func TestCharsets_secondBytesAreNoDelimiters(t *testing.T) {
	t.Parallel()
	for name, city := range map[string]string{
		"utf-8": "上海|", "gb18030": "寍\U00020000", "gbk": "", "big5": "", "shift_jis": "", "euc-jp": "東京", "euc-kr": "서울", "windows-1252": "Zürich€",
		"iso-8859-15": "Zürich€", "utf-16": "上海\U00020000", "utf-16le": "尼", "utf-16be": "≀", "koi8-r": "Москва", "cp850": "Zürich",
	} {
		if city == "" {
			city = withSecondByte(t, name, '|')
		}
		text := "id|city\r\n1|\"" + city + "\n\"\r\n2|\"|\"\n"
		b := in(t, name, text)
		if name == "utf-16" {
			b = append([]byte(markLE), b...)
		}
		got := rows(t, mustOpen(t, CSV, `{delimiter: "|", charset: `+name+`}`), b)
		want := []string{"id=1|city=" + city + "\n", "id=2|city=|"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// withSecondByte finds a character that a charset writes with the given second byte.
func withSecondByte(t *testing.T, name string, second byte) string {
	t.Helper()
	cs := charsets[name]
	for lead := 0x81; lead < 0xFD; lead++ {
		b := []byte{byte(lead), second}
		if text, bad := cs.text(make([]byte, 6), b); bad < 0 && cs.length(b) == 2 {
			return string(text)
		}
	}
	t.Fatalf("%s has no character with second byte %#x", name, second)
	return ""
}

func TestCharsets_badBytesAreOneBadRow(t *testing.T) {
	t.Parallel()
	for name, bad := range map[string]string{"gbk": "\x81\n", "gb18030": "\xFF\n", "big5": "\x81,\n", "windows-1252": "\x81\n", "shift_jis": "\xFD\n"} {
		b := append(in(t, name, "id\n1\n"), bad...)
		b = append(b, in(t, name, "2\n")...)
		got := rows(t, mustOpen(t, CSV, `{charset: `+name+`}`), b)
		if diff := cmp.Diff([]string{"id=1", "!", "id=2"}, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestEncode_rows(t *testing.T) {
	t.Parallel()
	f := mustOpen(t, CSV, `{columns: [a, b, c], header: true, charset: utf-16, line_end: crlf}`)
	n := &formats.Node{Kind: formats.Object, Names: []string{"c", "a"}, Kids: []formats.Node{{Kind: formats.Text, Text: []byte("x,\"上\"")}, {Kind: formats.Text}}}
	b, err := f.Encode(f.Head(nil), n)
	if err != nil {
		t.Fatal(err)
	}
	want := append([]byte(markLE), in(t, "utf-16le", "a,b,c\r\n\"\",,\"x,\"\"上\"\"\"")...)
	if diff := cmp.Diff(want, b); diff != "" {
		t.Error(diff)
	}
	for want, n := range map[string]*formats.Node{
		`there is no column "d"`:                                    {Kind: formats.Object, Names: []string{"d"}, Kids: []formats.Node{{Kind: formats.Null}}},
		`column "a": a list or an object does not fit into a field`: {Kind: formats.Object, Names: []string{"a"}, Kids: []formats.Node{{Kind: formats.List}}},
	} {
		if _, err := f.Encode(nil, n); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	latin := mustOpen(t, CSV, `{columns: [a], charset: windows-1252}`)
	n = &formats.Node{Kind: formats.Object, Names: []string{"a"}, Kids: []formats.Node{{Kind: formats.Text, Text: []byte("é上")}}}
	if _, err := latin.Encode(nil, n); err == nil || err.Error() != `charset windows-1252 has no '上'` {
		t.Errorf("got %v", err)
	}
}

func TestOpen_problems(t *testing.T) {
	t.Parallel()
	for yaml, want := range map[string]string{
		`charset: gb18300`:   `f.yaml:1:10: unknown charset "gb18300"; expected a name such as utf-8, gb18030, windows-1252; did you mean "gb18030"?`,
		`delimiter: "::"`:    `f.yaml:1:12: delimiter "::"; expected one ASCII character`,
		`header: false`:      `f.yaml:1:9: header: false without columns; expected columns: the names of the columns, in order`,
		`columns: [a, b, a]`: `f.yaml:1:17: column "a" stands twice or is empty`,
		`delimitr: ";"`:      `f.yaml:1:1: unknown key "delimitr"; expected one of delimiter, quote, header, columns, charset, trim, null, comment, line_end, bom, max_record; did you mean "delimiter"?`,
	} {
		var ps config.Problems
		if f := CSV.Open(config.Parse("f.yaml", []byte(yaml), nil, &ps), &ps); f != nil {
			t.Errorf("%s: opened", yaml)
		}
		if err := ps.Err(); err == nil || err.Error() != want {
			t.Errorf("%s:\n got %v\nwant %s", yaml, err, want)
		}
	}
}

func TestCSV_keepsTheContract(t *testing.T) {
	text := "id,name,city\r\n1,\"Li, \"\"Lei\"\"\",上海\n\n2,x\n3,\"a\nb\",\r4,\"\",y\n5,z\",y\n6,\"open\n7,c,d\n"
	for _, name := range []string{"utf-8", "gb18030", "utf-16", "shift_jis"} {
		t.Run(name, func(t *testing.T) {
			formattest.Run(t, formattest.Case{
				Format: mustOpen(t, CSV, `{header: true, columns: [id, name, city], charset: `+name+`}`),
				Input:  in(t, name, text), Head: in(t, name, "id,name,city\n"), Record: in(t, name, "17,\"Smith, John\",Zhong Guo 上海\n"),
			})
		})
	}
}

// TestFrames_realFiles compares with the standard library's reader.
func TestFrames_realFiles(t *testing.T) {
	t.Parallel()
	files, _ := filepath.Glob(filepath.Join(dataFolder(), "*", "*.csv"))
	if len(files) == 0 {
		t.Skip("the shared data folder is not here (TOUCHSTONE_DATA)")
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		want, err := csv.NewReader(bytes.NewReader(b)).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		f := mustOpen(t, CSV, `null: []`)
		all, err := formattest.Frames(f, bytes.NewReader(b))
		if err != nil || len(all) != len(want)-1 {
			t.Fatalf("%s: %d rows, %v; want %d", name, len(all), err, len(want)-1)
		}
		var d formats.Doc
		for i, fr := range all {
			if err := f.Decode(&d, fr, &formats.Shape{Whole: true}); err != nil {
				t.Fatal(err)
			}
			for j, k := range d.Root.Kids {
				if string(k.Text) != want[i+1][j] {
					t.Fatalf("%v: field %d is %q, want %q", fr.Position, j, k.Text, want[i+1][j])
				}
			}
		}
	}
}

// FuzzFrames holds what is read and written to the contract, whatever the bytes.
func FuzzFrames(f *testing.F) {
	files, _ := filepath.Glob(filepath.Join(dataFolder(), "match", "*.csv"))
	for _, name := range files {
		if b, err := os.ReadFile(name); err == nil {
			f.Add(b[:min(len(b), 2000)], uint8(0))
		}
	}
	f.Add([]byte("a,b\n1,\"x\n2,y\r3,\"z\"\n"), uint8(1))
	kinds := []*Format{
		mustOpen(f, CSV, `max_record: 200B`), mustOpen(f, CSV, `{charset: gb18030, max_record: 200B, trim: true}`),
		mustOpen(f, CSV, `{charset: utf-16, max_record: 200B, comment: "#"}`), mustOpen(f, TSV, `{charset: shift_jis, quote: none}`),
	}
	f.Fuzz(func(t *testing.T, b []byte, kind uint8) {
		format := kinds[int(kind)%len(kinds)]
		all, err := formattest.Frames(format, bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		var end int64
		var d formats.Doc
		for _, fr := range all {
			at := fr.Position.Offset
			if at < end || !bytes.Equal(b[at:at+int64(len(fr.Bytes))], fr.Bytes) {
				t.Fatalf("%v: %q is not what stands there", fr.Position, fr.Bytes)
			}
			end = at + int64(len(fr.Bytes))
			if fr.Err == nil && strings.TrimSpace(string(fr.Bytes)) != "" {
				if err := format.Decode(&d, fr, &formats.Shape{}); err != nil {
					t.Fatalf("%v: framed, but not decoded: %v", fr.Position, err)
				}
			}
		}
	})
}

func BenchmarkFrames(b *testing.B) {
	text := strings.Repeat("1234,\"Smith, John\",Some Street 17,Zürich 上海,1979-04-05,,0.00\n", 20000)
	for name, charset := range map[string]string{"utf-8": "utf-8", "gb18030": "gb18030"} {
		b.Run(name, func(b *testing.B) {
			f := mustOpen(b, CSV, "{columns: [a, b, c, d, e, f, g], charset: "+charset+"}")
			in, err := charsets[charset].appendText(nil, []byte(text))
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(len(in)))
			b.ReportAllocs()
			for b.Loop() {
				for fr := range f.Frames(b.Context(), bytes.NewReader(in), "") {
					if fr.Err != nil {
						b.Fatal(fr.Err)
					}
				}
			}
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	f := mustOpen(b, CSV, "columns: [a, b, c, d, e, f, g]")
	fr := formats.Frame{Bytes: []byte("1234,\"Smith, John\",Some Street 17,Zürich 上海,1979-04-05,,0.00")}
	shape := &formats.Shape{}
	for _, name := range []string{"a", "b", "d", "f", "g"} {
		shape.Slot(name)
	}
	var d formats.Doc
	b.ReportAllocs()
	for b.Loop() {
		if err := f.Decode(&d, fr, shape); err != nil {
			b.Fatal(err)
		}
	}
}

func dataFolder() string {
	if dir := os.Getenv("TOUCHSTONE_DATA"); dir != "" {
		return dir
	}
	return "../../../shared/data"
}

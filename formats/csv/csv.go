// Package csv reads and writes rows of delimited text (RFC 4180) in any charset of note.
//
// In comes a file; out go its rows as they stand there, each with the header line that gives its
// fields their names, and from a row the columns that a mapping asks for. The package never
// changes a row's bytes, never guesses delimiters or charsets, and never lets one bad row spoil
// the next.
package csv

import (
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/formats"
)

// CSV is the kind `csv`.
var CSV = formats.Kind{Name: "csv", Options: options{}, Keys: keys, Open: func(n *config.Node, ps *config.Problems) formats.Format { return open(n, ps, ",") }}

// TSV is the kind `tsv`: csv with a tab for its delimiter.
var TSV = formats.Kind{Name: "tsv", Options: options{}, Keys: keys, Open: func(n *config.Node, ps *config.Problems) formats.Format { return open(n, ps, "\t") }}

// keys are those of options.
var keys = []string{"delimiter", "quote", "header", "columns", "charset", "trim", "null", "comment", "line_end", "bom", "max_record"}

// options stand beside `format: csv`.
type options struct {
	Delimiter string   `yaml:"delimiter" doc:"what stands between fields: one ASCII character; by default a comma, for tsv a tab"`
	Quote     string   `yaml:"quote" default:"\"" doc:"what stands around fields that hold delimiters, line ends or quotes; none for no quotes"`
	Header    *bool    `yaml:"header" doc:"whether the first row holds the columns' names; by default it does, unless columns are given"`
	Columns   []string `yaml:"columns" doc:"the columns' names in order; with header: true they replace those of the file. Files that are written need them"`
	Charset   string   `yaml:"charset" default:"utf-8" doc:"utf-8, gb18030, gbk, big5, shift_jis, windows-1252, iso-8859-1, utf-16 and others"`
	Trim      bool     `yaml:"trim" doc:"whether white space around fields and their quotes is taken away"`
	// Null works as in PostgreSQL's COPY: a,,b has a null in the middle, a,"",b an empty text.
	Null      *config.Node    `yaml:"null" doc:"what stands for no value where it is not in quotes; by default the empty field. With [] every field is text"`
	Comment   string          `yaml:"comment" doc:"what begins lines that are passed over; by default there are none"`
	LineEnd   string          `yaml:"line_end" default:"lf" enum:"lf,crlf" doc:"what ends the rows that are written; rows that are read may end in any way"`
	BOM       bool            `yaml:"bom" doc:"whether UTF-8 is written with a byte order mark, which some spreadsheets need; utf-16 always has one"`
	MaxRecord config.ByteSize `yaml:"max_record" default:"1MB" doc:"beyond this a row is a dead letter, and within it an open quote must close"`
}

// Format is one configured CSV format.
type Format struct {
	syntax
	utf8    syntax // for rows already in UTF-8
	header  bool
	columns []string
	nulls   []string
	lineEnd string
	bom     bool
	max     int

	recent [4]atomic.Pointer[plan]
	turn   atomic.Uint32 // of them, which the next one replaces

	mu    sync.Mutex
	plans map[planKey]*plan
}

func open(n *config.Node, ps *config.Problems, delimiter string) formats.Format {
	var o options
	if !n.Decode(&o, ps) {
		return nil
	}
	before := ps.Len()
	if o.Delimiter == "" {
		o.Delimiter = delimiter
	}
	f := &Format{columns: o.Columns, header: o.Columns == nil, bom: o.BOM, lineEnd: "\n", max: int(o.MaxRecord), plans: map[planKey]*plan{}}
	if o.Header != nil {
		f.header = *o.Header
	}
	if o.LineEnd == "crlf" {
		f.lineEnd = "\r\n"
	}
	if !f.header && len(f.columns) == 0 {
		ps.Add(config.Problem{Position: n.Get("header").Position(), What: "header: false without columns", Expected: "columns: the names of the columns, in order"})
	}
	if f.max < 1 || f.max > 1<<30 {
		ps.Errorf(n.Get("max_record").Position(), "max_record %v; expected 1 to 1GB", o.MaxRecord)
	}
	f.delimiter = character(n, ps, "delimiter", o.Delimiter)
	if o.Quote != "none" {
		f.quote = character(n, ps, "quote", o.Quote)
	}
	if o.Comment != "" {
		f.comment = character(n, ps, "comment", o.Comment)
	}
	if f.delimiter == f.quote {
		ps.Errorf(n.Get("delimiter").Position(), "delimiter and quote are the same")
	}
	f.trim = o.Trim
	f.nulls = nulls(o.Null, ps)
	checkColumns(n, ps, f.columns)
	f.charset = charsets[o.Charset]
	if f.charset == nil {
		ps.Add(config.Problem{
			Position: n.Get("charset").Position(), What: fmt.Sprintf("unknown charset %q", o.Charset),
			Expected: "a name such as utf-8, gb18030, windows-1252", Hint: config.Nearest(o.Charset, charsetNames()),
		})
	}
	if ps.Len() > before {
		return nil
	}
	f.syntax.prepare()
	f.utf8 = f.syntax
	f.utf8.charset = charsets["utf-8"]
	f.utf8.prepare()
	return f
}

func character(n *config.Node, ps *config.Problems, key, s string) byte {
	if s == `\t` || s == "tab" {
		return '\t'
	}
	if len(s) != 1 || s[0] >= 0x80 || s[0] == '\r' || s[0] == '\n' || s[0] == 0 {
		ps.Errorf(n.Get(key).Position(), "%s %q; expected one ASCII character", key, s)
		return 0
	}
	return s[0]
}

func nulls(n *config.Node, ps *config.Problems) []string {
	if !n.IsSet() {
		return []string{""}
	}
	var list []string
	if n.Decode(&list, ps); len(list) == 0 {
		return nil
	}
	return list
}

func checkColumns(n *config.Node, ps *config.Problems, columns []string) {
	seen := map[string]bool{}
	for i, name := range columns {
		if seen[name] || name == "" {
			ps.Errorf(n.Get("columns").Items()[i].Position(), "column %q stands twice or is empty", name)
		}
		seen[name] = true
	}
}

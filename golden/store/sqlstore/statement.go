package sqlstore

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Statement is one SQL statement, rendered for both dialects when the program starts.
//
// It may begin with rows: Columns named columns of equally long slices, which the text reads as a
// table v. They are passed before the other arguments. In the text,
//
//	{int} {text} {bytes} {bool} {time}   stand for one argument of that kind
//	= {any int}, = {any text}            compare with a list, passed as one []int64 or []string
//	{least}                              names the scalar function
//	{position}                           names that which tells where in a text another one stands
//	{skip locked}                        passes over rows that another transaction holds
//	{by INDEX}                           after a table: SQLite, which keeps no statistics here,
//	                                     reads it by this index
type Statement struct {
	Postgres string
	SQLite   string // without the rows: see SQLiteRows
	Columns  int
	header   string // "v(k, r)"
	// Varies says that the best plan depends on the arguments, so that none should be kept.
	Varies bool
	// Writes is the table that it writes, if it does. ReadOnly: it neither writes nor locks rows, and Reads
	// are the tables that it reads, among other names.
	Writes   string
	ReadOnly bool
	Reads    []string
	// Fills is the table of which it inserts rows, where it does nothing else.
	Fills *Table
}

var (
	tableWritten = regexp.MustCompile(`(?:INSERT INTO|UPDATE|DELETE FROM)\s+([a-z_]+)`)
	tablesRead   = regexp.MustCompile(`(?:FROM|JOIN)\s+([a-z_]+)`)
)

// name finds the tables of a statement.
func (s *Statement) name() {
	if w := tableWritten.FindStringSubmatch(s.Postgres); w != nil {
		s.Writes = w[1]
	}
	if s.ReadOnly = s.Writes == "" && !strings.Contains(s.Postgres, "FOR UPDATE"); !s.ReadOnly {
		return
	}
	for _, r := range tablesRead.FindAllStringSubmatch(s.Postgres, -1) {
		s.Reads = append(s.Reads, r[1])
	}
}

// others is s where it reads no row of a table that its transaction has written.
func (s *Statement) others(table string) *Statement {
	o := *s
	o.Reads = slices.DeleteFunc(slices.Clone(s.Reads), func(name string) bool { return name == table })
	return &o
}

var kinds = map[string]string{
	"int": "bigint", "text": "text", "bytes": "bytea", "bool": "boolean", "time": "timestamptz",
}

// plain makes a statement without rows.
func plain(text string) *Statement { return rows("", text) }

// rows makes a statement over rows of the columns given, as in "k int, r int".
func rows(columns, text string) *Statement {
	s := &Statement{}
	var names, arrays []string
	if columns != "" {
		for c := range strings.SplitSeq(columns, ",") {
			name, kind, _ := strings.Cut(strings.TrimSpace(c), " ")
			if kinds[kind] == "" {
				panic(fmt.Sprintf("column %q has no kind", c))
			}
			s.Columns++
			names = append(names, name)
			arrays = append(arrays, fmt.Sprintf("unnest($%d::%s[])", s.Columns, kinds[kind]))
		}
		s.header = "v(" + strings.Join(names, ", ") + ")"
		s.Postgres = "WITH " + s.header + " AS (SELECT " + strings.Join(arrays, ", ") + ") "
	}
	pg, lite := render(text, s.Columns)
	s.Postgres += pg
	// A statement that fails need not take back its own rows, for which SQLite would keep a copy of
	// the pages: its transaction fails with it.
	s.SQLite = strings.Replace(lite, "INSERT INTO", "INSERT OR FAIL INTO", 1)
	s.name()
	return s
}

// SQLiteRows returns the text for n rows in SQLite, where rows are spelled out as VALUES.
func (s *Statement) SQLiteRows(n int) string {
	row := "(" + strings.Repeat("?,", s.Columns-1) + "?)"
	return "WITH " + s.header + " AS (VALUES " + strings.Repeat(row+",", n-1) + row + ") " + s.SQLite
}

// render replaces the placeholders; given arguments precede those of text.
func render(text string, given int) (pg, lite string) {
	var p, l strings.Builder
	for {
		before, rest, found := strings.Cut(text, "{")
		p.WriteString(before)
		l.WriteString(before)
		if !found {
			return p.String(), l.String()
		}
		name, after, _ := strings.Cut(rest, "}")
		text = after
		switch name {
		case "least":
			p.WriteString("least")
			l.WriteString("min")
			continue
		case "position":
			p.WriteString("strpos")
			l.WriteString("instr")
			continue
		case "skip locked":
			p.WriteString("FOR UPDATE SKIP LOCKED")
			continue
		}
		if index, by := strings.CutPrefix(name, "by "); by {
			l.WriteString("INDEXED BY " + index)
			continue
		}
		given++
		kind, list := strings.CutPrefix(name, "any ")
		if kinds[kind] == "" {
			panic(fmt.Sprintf("placeholder {%s} is unknown in %s", name, before))
		}
		number := "$" + strconv.Itoa(given) + "::" + kinds[kind]
		if list {
			p.WriteString("ANY(" + number + "[])")
			// SQLite has no "= ANY": the "= " written before it is taken back.
			kept := strings.TrimSuffix(l.String(), "= ")
			l.Reset()
			l.WriteString(kept + "IN (SELECT value FROM json_each(?))")
		} else {
			p.WriteString(number)
			l.WriteString("?")
			if strings.HasSuffix(before, "LIMIT ") {
				// SQLite plans by the value of a bare LIMIT ?, and so would compile the statement
				// again for every call (SQLite, sqlite3_prepare_v3: "automatically recompiled").
				l.WriteString(" + 0")
			}
		}
	}
}

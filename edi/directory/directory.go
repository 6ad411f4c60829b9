// Package directory reads the UN/EDIFACT directories as UNECE publishes them, a
// zip file of zip files of text, into guides: every message, segment, composite,
// element and code list, and the indexes that say how many there ought to be. It
// takes the naming of the early directories (TRMD, TRSD, with the drawings of code
// page 437) and the later one (EDMD, EDSD). It never guesses: a line that cannot
// be read is an error with its file and number.
package directory

import (
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/touchstone-hub/touchstone/edi"
	"github.com/touchstone-hub/touchstone/edi/guide"
)

// Directory is what was read of one release.
type Directory struct {
	// Release is such as D.96A.
	Release string
	// Batch are the messages that stand between UNH and UNT, and what they are made
	// of; Interactive those between UIH and UIT, or nil.
	Batch, Interactive *guide.Guide
	// Index is what the directory's own indexes list, by kind: messages, segments,
	// composites, elements; those of interactive EDI have "interactive " before.
	Index map[string][]string
}

// part is a kind of file.
type part struct {
	kind        string // messages, segments, composites, elements, codes
	interactive bool
	index       bool
}

var (
	partName    = regexp.MustCompile(`^(TR|ED|ID)([MSCE])D(I[12])?\.([0-9]{2}[A-C]|[A-Z0-9]+)$`)
	codesName   = regexp.MustCompile(`^UNCL(-[0-9])?\.([0-9]{2}[A-Z])$`)
	messageName = regexp.MustCompile(`^([A-Z]{6})_([DS])\.([0-9]{2}[A-Z])$`)
)

// Read reads a directory's zip file of size bytes.
func Read(r io.ReaderAt, size int64) (*Directory, error) {
	files, err := unpack(r, size)
	if err != nil {
		return nil, err
	}
	d := &Directory{Index: map[string][]string{}}
	slices.SortFunc(files, func(a, b file) int { return strings.Compare(a.name, b.name) })
	if err := d.release(files); err != nil {
		return nil, err
	}
	for _, f := range files {
		if err := d.file(f); err != nil {
			return nil, fmt.Errorf("%s: %w", f.name, err)
		}
	}
	return d, d.complete()
}

// release finds which release it is in the names of its messages.
func (d *Directory) release(files []file) error {
	for _, f := range files {
		if m := messageName.FindStringSubmatch(upper(f.name)); m != nil {
			d.Release = m[2] + "." + m[3]
			short := strings.ToLower(m[2] + m[3])
			d.Batch = guide.New("edifact/"+short, edi.EDIFACT, d.Release)
			d.Batch.Title = "UN/EDIFACT directory " + d.Release
			d.Interactive = guide.New("edifact/"+short+"-interactive", edi.EDIFACT, d.Release)
			d.Interactive.Title = "UN/EDIFACT directory " + d.Release + ", interactive messages"
			return nil
		}
	}
	return fmt.Errorf("this is no UN/EDIFACT directory: it has no message files such as ORDERS_D.96A")
}

func upper(name string) string { return strings.ToUpper(path.Base(name)) }

func (d *Directory) file(f file) error {
	name := upper(f.name)
	if m := messageName.FindStringSubmatch(name); m != nil {
		return d.message(m[1], lines(f.text))
	}
	if codesName.MatchString(name) {
		return readCodes(d.Batch, lines(f.text))
	}
	m := partName.FindStringSubmatch(name)
	if m == nil {
		return nil // texts, rules and what else comes with a directory
	}
	p := part{
		kind:        map[string]string{"M": "messages", "S": "segments", "C": "composites", "E": "elements"}[m[2]],
		interactive: m[1] == "ID", index: m[3] != "",
	}
	switch g := d.guide(p.interactive); {
	case m[3] == "I2": // the same by name
		return nil
	case p.index:
		d.readIndex(p, lines(f.text))
		return nil
	case p.kind == "segments":
		return readSegments(g, lines(f.text))
	case p.kind == "composites":
		return readComposites(g, lines(f.text))
	case p.kind == "elements":
		return readElements(g, lines(f.text))
	}
	return nil
}

func (d *Directory) guide(interactive bool) *guide.Guide {
	if interactive {
		return d.Interactive
	}
	return d.Batch
}

// complete gives interactive messages the elements and code lists, which are
// common to both, and drops their guide where there are none.
func (d *Directory) complete() error {
	switch b := d.Batch; {
	case len(b.Messages) == 0 || len(b.Segments) == 0 || len(b.Elements) == 0:
		return fmt.Errorf("directory %s is not whole: it has %d messages, %d segments and %d elements", d.Release, len(b.Messages), len(b.Segments), len(b.Elements))
	case len(d.Interactive.Messages) == 0:
		d.Interactive = nil
	default:
		d.Interactive.Elements, d.Interactive.Codes = b.Elements, b.Codes
	}
	return nil
}

var indexRow = regexp.MustCompile(`^[ +*#|X-]{0,5} *([A-Z]{6}|[A-Z]{3}|[CE][0-9]{3}|[0-9]{4}) +[A-Za-z"(]`)

// readIndex collects the first column of the index by code.
func (d *Directory) readIndex(p part, text []line) {
	kind := p.kind
	if p.interactive {
		kind = "interactive " + kind
	}
	width := map[string]int{"messages": 6, "segments": 3, "composites": 4, "elements": 4}[p.kind]
	started := false
	for _, l := range text {
		head := strings.Fields(l.text)
		if len(head) >= 2 && (head[0] == "Code" || head[0] == "Tag") {
			started = true
			continue
		}
		if started || p.kind != "messages" {
			if m := indexRow.FindStringSubmatch(l.text); m != nil && len(m[1]) == width && !strings.HasSuffix(l.text, "COMMERCE AND TRANSPORT") {
				d.Index[kind] = append(d.Index[kind], m[1])
			}
		}
	}
}

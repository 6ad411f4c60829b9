// Package guides carries the guides that come with the library: UN/EDIFACT
// directories, structure tables of X12, and the envelopes and acknowledgements of
// both. A guide is asked for by its name, or by what an envelope says of a set,
// and comes out read and compiled, once. Guides of partners, in YAML, stand beside
// them in a Library, and go first.
package guides

import (
	"bytes"
	"compress/gzip"
	"embed"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/touchstone-hub/touchstone/edi"
	"github.com/touchstone-hub/touchstone/edi/guide"
)

//go:embed tables/*.txt.gz *.yaml
var shipped embed.FS

// Names of the guides that are carried.
var names = []string{
	"edifact/d03b", "edifact/d96a", "edifact/service-3", "edifact/service-4",
	"x12/004010", "x12/005010", "x12/005010-997", "x12/envelope",
}

// Library finds guides. The zero value has those that are carried; it may be used
// by several goroutines.
type Library struct {
	mu    sync.Mutex
	own   []*guide.Guide
	read  map[string]*guide.Guide
	plans map[planKey]*planned
}

type planKey struct {
	guide   *guide.Guide
	message string
}

type planned struct {
	plan *guide.Plan
	err  error
}

// Shipped is a library of the guides that are carried, for all to share.
var Shipped = &Library{}

// ErrNone is that no guide describes a set; NoGuideError says which.
var ErrNone = errors.New("there is no guide for the set")

// NoGuideError says what was looked for in vain.
type NoGuideError struct {
	Standard edi.Standard
	Message  string // 850, ORDERS
	Version  string // 004010, D.96A
}

// Error names the guide that is missing.
func (e *NoGuideError) Error() string {
	if e.Standard == edi.X12 {
		return fmt.Sprintf("no guide for set %s in version %s", e.Message, e.Version)
	}
	return fmt.Sprintf("no guide for message %s of directory %s", e.Message, e.Version)
}

// Unwrap gives ErrNone.
func (e *NoGuideError) Unwrap() error { return ErrNone }

// Names gives the names of all guides, those of the library's own first.
func (l *Library) Names() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []string
	for _, g := range l.own {
		all = append(all, g.Name)
	}
	return append(all, names...)
}

// Guide gives the guide with the name.
func (l *Library) Guide(name string) (*guide.Guide, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.guide(name)
}

func (l *Library) guide(name string) (*guide.Guide, error) {
	for _, g := range l.own {
		if g.Name == name {
			return g, nil
		}
	}
	if g := l.read[name]; g != nil {
		return g, nil
	}
	g, err := carried(name)
	if err != nil {
		return nil, err
	}
	if g.Standard == edi.EDIFACT && !strings.HasPrefix(name, "edifact/service") {
		if err := l.serve(g); err != nil {
			return nil, err
		}
	}
	if l.read == nil {
		l.read = map[string]*guide.Guide{}
	}
	l.read[name] = g
	return g, nil
}

// serve adds the service segments, which the directories leave to ISO 9735.
func (l *Library) serve(g *guide.Guide) error {
	service, err := l.guide("edifact/service-4")
	if err != nil {
		return err
	}
	AddService(g, service)
	return nil
}

// AddService adds to a directory the segments UNH, UNS, UNT and their like of a
// service guide, with what they are made of.
func AddService(g, service *guide.Guide) {
	for _, id := range []string{"UNH", "UNS", "UNT", "UGH", "UGS", "UGT", "UIH", "UIT"} {
		if g.Segments[id] == nil {
			g.Segments[id] = service.Segments[id]
		}
	}
	for id, c := range service.Composites {
		if g.Composites[id] == nil {
			g.Composites[id] = c
		}
	}
	for id, e := range service.Elements {
		if g.Elements[id] == nil {
			g.Elements[id] = e
		}
	}
	if g.Codes["0081"] == nil {
		g.Codes["0081"] = service.Codes["0081"]
	}
}

// carried reads a guide out of the program.
func carried(name string) (*guide.Guide, error) {
	if !slices.Contains(names, name) {
		return nil, fmt.Errorf("there is no guide %s", name)
	}
	file := strings.ReplaceAll(name, "/", "-")
	if text, err := shipped.ReadFile(file + ".yaml"); err == nil {
		return guide.Read(text, file+".yaml", carried)
	}
	packed, err := shipped.ReadFile("tables/" + file + ".txt.gz")
	if err != nil {
		return nil, err
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("unpack guide %s: %w", name, err)
	}
	return guide.ReadTable(z, name)
}

// Add takes a guide of one's own into the library. Where several describe a set,
// the one that was added last is asked first.
func (l *Library) Add(g *guide.Guide) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.own = append([]*guide.Guide{g}, l.own...)
}

// Read reads a guide in YAML, which may extend others of the library, and adds it.
func (l *Library) Read(text []byte, file string) (*guide.Guide, error) {
	g, err := guide.Read(text, file, l.Guide)
	if err != nil {
		return nil, err
	}
	l.Add(g)
	return g, nil
}

// AddPath reads a guide's file, or every .yaml, .txt and .txt.gz file of a folder in
// the order of their names. Tables of directories get the service segments.
func (l *Library) AddPath(path string) ([]*guide.Guide, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	files := []string{path}
	if info.IsDir() {
		files = nil
		entries, err := os.ReadDir(path)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if n := e.Name(); !e.IsDir() && (strings.HasSuffix(n, ".yaml") || strings.HasSuffix(n, ".yml") || strings.HasSuffix(n, ".txt") || strings.HasSuffix(n, ".txt.gz")) {
				files = append(files, filepath.Join(path, n))
			}
		}
	}
	var all []*guide.Guide
	for _, file := range files {
		g, err := l.addFile(file)
		if err != nil {
			return nil, err
		}
		all = append(all, g)
	}
	return all, nil
}

func (l *Library) addFile(file string) (*guide.Guide, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	if strings.HasSuffix(file, ".yaml") || strings.HasSuffix(file, ".yml") {
		return l.Read(text, file)
	}
	var r io.Reader = bytes.NewReader(text)
	if strings.HasSuffix(file, ".gz") {
		if r, err = gzip.NewReader(r); err != nil {
			return nil, fmt.Errorf("unpack %s: %w", file, err)
		}
	}
	g, err := guide.ReadTable(r, file)
	if err != nil {
		return nil, err
	}
	if g.Standard == edi.EDIFACT {
		l.mu.Lock()
		err = l.serve(g)
		l.mu.Unlock()
		if err != nil {
			return nil, err
		}
	}
	l.Add(g)
	return g, nil
}

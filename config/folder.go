package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Files are the YAML files of a hub folder by room, as slash-separated paths
// relative to Root, sorted. Read one with ParseFile(f.Path(name), …).
type Files struct {
	Root       string
	Hub        string // hub.yaml, "" if there is none
	Golden     string // golden.yaml, "" if there is none
	Connectors []string
	Mappings   []string
	Routes     []string
}

// Path gives the path of a listed file as the operating system writes it.
func (f Files) Path(name string) string { return filepath.Join(f.Root, filepath.FromSlash(name)) }

// All lists every file, hub.yaml first.
func (f Files) All() []string {
	var all []string
	for _, one := range []string{f.Hub, f.Golden} {
		if one != "" {
			all = append(all, one)
		}
	}
	return slices.Concat(all, f.Connectors, f.Mappings, f.Routes)
}

var (
	roomFolders = []string{"connectors", "mappings", "routes"}
	roomFiles   = []string{"hub.yaml", "golden.yaml"}
	// freeFolders hold what is nobody's configuration.
	freeFolders = []string{"samples", "data", "testdata", "presets"}
)

// Folder lists the files of a hub folder. A missing hub.yaml and files named
// .yml are errors; YAML that no room reads, such as in a folder `mapping`, is a
// warning with the name that was probably meant. Hidden files, samples and data
// folders are passed over.
func Folder(root string, ps *Problems) Files {
	f := Files{Root: root}
	entries, err := os.ReadDir(root)
	if err != nil {
		var detail *fs.PathError
		if errors.As(err, &detail) {
			err = detail.Err
		}
		ps.Add(Problem{Position: Position{File: root}, What: fmt.Sprintf("the hub folder cannot be read: %v", err)})
		return f
	}
	for _, e := range entries {
		switch name := e.Name(); {
		case strings.HasPrefix(name, "."):
		case f.isDir(name, e):
			f.folder(name, ps)
		case isYAML(name):
			f.file(name, ps)
		}
	}
	if f.Hub == "" && !slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return isYAML(e.Name()) && stem(e.Name()) == "hub" }) {
		ps.Add(Problem{Position: Position{File: f.Path("hub.yaml")}, What: "there is no hub.yaml", Expected: "one in the hub folder"})
	}
	return f
}

// isDir follows symbolic links, which mounted configuration consists of.
func (f *Files) isDir(name string, e fs.DirEntry) bool {
	if e.Type()&fs.ModeSymlink == 0 {
		return e.IsDir()
	}
	info, err := os.Stat(f.Path(name))
	return err == nil && info.IsDir()
}

func (f *Files) file(name string, ps *Problems) {
	switch {
	case name == "hub.yaml":
		f.Hub = name
	case name == "golden.yaml":
		f.Golden = name
	case slices.Contains([]string{"hub", "golden"}, stem(name)):
		f.misnamed(name, ps)
	default:
		ps.Add(Problem{
			Position: Position{File: f.Path(name)}, Severity: Warning, What: "no room reads this file",
			Expected: "hub.yaml or golden.yaml here, others in " + strings.Join(roomFolders, ", "), Hint: Nearest(stem(name)+".yaml", roomFiles),
		})
	}
}

func (f *Files) folder(name string, ps *Problems) {
	entries, err := os.ReadDir(f.Path(name))
	if err != nil {
		ps.Errorf(Position{File: f.Path(name)}, "the folder cannot be read: %v", errors.Unwrap(err))
		return
	}
	if !slices.Contains(roomFolders, name) {
		if hasYAML := slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return isYAML(e.Name()) }); hasYAML && !slices.Contains(freeFolders, name) {
			ps.Add(Problem{
				Position: Position{File: f.Path(name)}, Severity: Warning, What: "no room reads this folder",
				Expected: "one of " + strings.Join(roomFolders, ", "), Hint: Nearest(name, roomFolders),
			})
		}
		return
	}
	list := map[string]*[]string{"connectors": &f.Connectors, "mappings": &f.Mappings, "routes": &f.Routes}[name]
	for _, e := range entries {
		inside := path.Join(name, e.Name())
		switch {
		case strings.HasPrefix(e.Name(), ".") || f.isDir(inside, e) || !isYAML(e.Name()):
		case path.Ext(e.Name()) != ".yaml":
			f.misnamed(inside, ps)
		default:
			*list = append(*list, inside)
		}
	}
	slices.Sort(*list)
}

func (f *Files) misnamed(name string, ps *Problems) {
	ps.Add(Problem{Position: Position{File: f.Path(name)}, What: "the file name does not end in .yaml", Expected: "the ending .yaml", Hint: path.Base(stem(name)) + ".yaml"})
}

func isYAML(name string) bool {
	ext := strings.ToLower(path.Ext(name))
	return ext == ".yaml" || ext == ".yml"
}

func stem(name string) string { return strings.TrimSuffix(name, path.Ext(name)) }

package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/touchstone-hub/touchstone/config"
)

func folderOf(t *testing.T, names ...string) string {
	t.Helper()
	root := t.TempDir()
	for _, name := range names {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestFolder_listsFilesByRoom(t *testing.T) {
	t.Parallel()
	root := folderOf(t, "hub.yaml", "golden.yaml", "connectors/webshop.yaml", "connectors/erp.yaml", "mappings/m.yaml", "mappings/samples/x.yaml",
		"routes/r.yaml", "README.md", "mappings/notes.txt", ".git/config.yaml", ".env.yaml", "data/state.yaml", "scripts/run.sh")
	var ps config.Problems
	got := config.Folder(root, &ps)
	want := config.Files{
		Root: root, Hub: "hub.yaml", Golden: "golden.yaml", Connectors: []string{"connectors/erp.yaml", "connectors/webshop.yaml"},
		Mappings: []string{"mappings/m.yaml"}, Routes: []string{"routes/r.yaml"},
	}
	if diff := cmp.Diff(want, got); diff != "" || ps.Len() > 0 {
		t.Errorf("%v (-want +got):\n%s", ps.Sorted(), diff)
	}
	if got, want := strings.Join(got.All(), " "), "hub.yaml golden.yaml connectors/erp.yaml connectors/webshop.yaml mappings/m.yaml routes/r.yaml"; got != want {
		t.Errorf("All() is %s, want %s", got, want)
	}
	if _, err := os.Stat(got.Path("mappings/m.yaml")); err != nil {
		t.Error(err)
	}
}

func TestFolder_tellsOfWhatNobodyReads(t *testing.T) {
	t.Parallel()
	root := folderOf(t, "hub.yml", "goldn.yaml", "other.yaml", "mapping/m.yaml", "stuff/x.yml", "routes/r.yml", "empty/readme.md")
	var ps config.Problems
	if got := config.Folder(root, &ps); got.Hub != "" || len(got.All()) > 0 {
		t.Errorf("lists %v", got.All())
	}
	want := `goldn.yaml: warning: no room reads this file; expected hub.yaml or golden.yaml here, others in connectors, mappings, routes; did you mean "golden.yaml"?
hub.yml: the file name does not end in .yaml; expected the ending .yaml; did you mean "hub.yaml"?
mapping: warning: no room reads this folder; expected one of connectors, mappings, routes; did you mean "mappings"?
other.yaml: warning: no room reads this file; expected hub.yaml or golden.yaml here, others in connectors, mappings, routes
routes/r.yml: the file name does not end in .yaml; expected the ending .yaml; did you mean "r.yaml"?
stuff: warning: no room reads this folder; expected one of connectors, mappings, routes`
	if diff := cmp.Diff(want, strings.ReplaceAll(lines(&ps), root+"/", "")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestFolder_withoutAHub(t *testing.T) {
	t.Parallel()
	root := folderOf(t, "golden.yaml")
	var ps config.Problems
	config.Folder(root, &ps)
	config.Folder(filepath.Join(root, "gone"), &ps)
	want := "gone: the hub folder cannot be read: no such file or directory\nhub.yaml: there is no hub.yaml; expected one in the hub folder"
	if diff := cmp.Diff(want, strings.ReplaceAll(lines(&ps), root+"/", "")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

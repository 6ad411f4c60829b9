package main

import (
	"os"
	"strings"
	"testing"
)

func TestDocs_nameEveryCommand(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/commands.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range newRoot().Commands() {
		if !c.Hidden && !strings.Contains(string(text), "`"+c.Name()) {
			t.Errorf("docs/commands.md does not name %q", c.Name())
		}
	}
}

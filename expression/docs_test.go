package expression_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/touchstone-hub/touchstone/expression"
)

func TestFunctions_areDocumented(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/mapping.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for _, f := range expression.Functions() {
		row := fmt.Sprintf("\n| `%s` | %s |\n", f.Signature, f.Doc)
		if !strings.Contains(string(text), row) {
			t.Errorf("docs/mapping.md lacks the row%s", row)
		}
		rows++
	}
	_, part, _ := strings.Cut(string(text), "<!-- functions:")
	part, _, _ = strings.Cut(part, "<!-- functions end -->")
	if found := strings.Count(part, "\n| `"); found != rows {
		t.Errorf("docs/mapping.md describes %d functions; the program has %d", found, rows)
	}
}

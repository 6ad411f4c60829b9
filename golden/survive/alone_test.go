package survive

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/touchstone-hub/touchstone/canonical"
)

// lower is a Forms that only folds case.
type lower struct{}

func (lower) Phone(string) string                                     { return "" }
func (lower) Email(string) string                                     { return "" }
func (lower) Address(canonical.Address) string                        { return "" }
func (lower) Identifier(id canonical.Identifier) canonical.Identifier { return id }
func (lower) Fold(text string) string                                 { return strings.ToLower(text) }

func TestSurvive_anOnlySourceAsInAnElection(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		rules := Default()
		for _, name := range []string{"names", "emails", "addresses", "consents", "kind", "attributes"} {
			if rapid.Bool().Draw(rt, "own rule of "+name) {
				rule := Rule{Name: RuleName(rapid.SampledFrom(RuleNames).Draw(rt, "rule"))}
				rule.Limit = rapid.SampledFrom([]int{0, 0, 1, 2}).Draw(rt, "limit")
				if _, groups, _ := IsList(name); len(groups) > 0 {
					rule.Group = rapid.SampledFrom(append([]string{""}, groups...)).Draw(rt, "group")
				}
				rules.Attributes[name] = rule
			}
		}
		source := Source{Key: "a/b/1", System: "a", Stream: "b", Customer: drawCustomer(rt), Pinned: rapid.Bool().Draw(rt, "pinned")}
		if rapid.Bool().Draw(rt, "dated") {
			source.Time = time.Unix(1, 0)
		}
		elected := &election{rules: rules.Prepare(), sources: []Source{source}, forms: lower{}, elected: true}
		elected.run()
		if diff := cmp.Diff(elected.result, rules.Survive([]Source{source}, lower{})); diff != "" {
			rt.Fatalf("not as elected: %s", diff)
		}
	})
}

func drawCustomer(rt *rapid.T) *canonical.Customer {
	word := rapid.SampledFrom([]string{"", "a", "A", "b", "王"})
	c := &canonical.Customer{Kind: canonical.Kind(word.Draw(rt, "kind")), Language: word.Draw(rt, "language")}
	for range rapid.IntRange(0, 4).Draw(rt, "names") {
		c.Names = append(c.Names, canonical.Name{Full: word.Draw(rt, "full"), Use: word.Draw(rt, "use")})
	}
	for range rapid.IntRange(0, 4).Draw(rt, "emails") {
		c.Emails = append(c.Emails, canonical.Email{Value: word.Draw(rt, "value"), Use: word.Draw(rt, "use")})
	}
	for range rapid.IntRange(0, 4).Draw(rt, "addresses") {
		c.Addresses = append(c.Addresses, canonical.Address{Use: word.Draw(rt, "use"), Locality: word.Draw(rt, "locality")})
	}
	for range rapid.IntRange(0, 2).Draw(rt, "consents") {
		c.Consents = append(c.Consents, canonical.Consent{Channel: word.Draw(rt, "channel"), Time: "2026-01-02T03:04:05Z"})
	}
	if rapid.Bool().Draw(rt, "attributes") {
		c.Attributes = map[string]string{"x": word.Draw(rt, "x")}
	}
	c.Cleared = rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"names", "emails", "industry", "language", "attributes"}), 0, 3, rapid.ID[string]).Draw(rt, "cleared")
	return c
}

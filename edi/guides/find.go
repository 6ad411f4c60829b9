package guides

import (
	"fmt"
	"strings"

	"github.com/touchstone-hub/touchstone/edi"
	"github.com/touchstone-hub/touchstone/edi/guide"
)

// Find gives the compiled guide of a set, by what its envelope says. group may be
// nil. Where none describes it, the error is a NoGuideError.
//
// X12: the version is GS08 (or ST03's, where the set has one) as it stands, then
// without what comes after the first six digits. EDIFACT: the directory of S009
// with its association code (D.96A/EAN008), then without. CONTRL belongs to the
// syntax version of its interchange.
func (l *Library) Find(interchange *edi.Interchange, group *edi.Group, set *edi.Set) (*guide.Plan, error) {
	standard, versions := edi.Unknown, []string(nil)
	if interchange != nil && interchange.Syntax != nil {
		standard = interchange.Syntax.Standard
	}
	switch {
	case standard == edi.X12:
		versions = versionsX12(group, set)
	case set.ID == "CONTRL":
		versions = []string{serviceVersion(interchange.Version)}
	default:
		versions = versionsEDIFACT(set)
	}
	return l.FindVersion(standard, set.ID, versions...)
}

func versionsX12(group *edi.Group, set *edi.Set) []string {
	var versions []string
	if group != nil {
		versions = append(versions, group.Version)
	}
	if set.Version != "" && (len(versions) == 0 || versions[0] != set.Version) {
		versions = append([]string{set.Version}, versions...)
	}
	for _, v := range versions {
		if len(v) > 6 {
			versions = append(versions, v[:6])
		}
	}
	return versions
}

func versionsEDIFACT(set *edi.Set) []string {
	directory := set.Version + "." + strings.ToUpper(set.Release)
	if set.Association == "" {
		return []string{directory}
	}
	return []string{directory + "/" + set.Association, directory}
}

func serviceVersion(syntax string) string {
	if strings.HasPrefix(syntax, "4") {
		return "4"
	}
	return "3"
}

// FindVersion gives the compiled guide of a message in the first of the versions
// that has one.
func (l *Library) FindVersion(standard edi.Standard, message string, versions ...string) (*guide.Plan, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, version := range versions {
		for _, g := range l.own {
			if g.Standard == standard && g.Version == version && g.Messages[message] != nil {
				return l.plan(g, message)
			}
		}
		for _, name := range names {
			if !mayHold(name, standard, version) {
				continue
			}
			g, err := l.guide(name)
			if err != nil {
				return nil, err
			}
			if g.Version == version && g.Messages[message] != nil {
				return l.plan(g, message)
			}
		}
	}
	e := &NoGuideError{Standard: standard, Message: message}
	if len(versions) > 0 {
		e.Version = versions[len(versions)-1]
	}
	return nil, e
}

// mayHold spares unpacking guides of other versions: names have the version, and
// perhaps more after it.
func mayHold(name string, standard edi.Standard, version string) bool {
	short := strings.ToLower(strings.ReplaceAll(version, ".", ""))
	return name == standard.String()+"/"+short || strings.HasPrefix(name, standard.String()+"/"+short+"-") || name == standard.String()+"/service-"+short
}

// Plan gives the compiled message of a guide by name.
func (l *Library) Plan(name, message string) (*guide.Plan, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	g, err := l.guide(name)
	if err != nil {
		return nil, err
	}
	if g.Messages[message] == nil {
		return nil, fmt.Errorf("guide %s has no message %s", name, message)
	}
	return l.plan(g, message)
}

func (l *Library) plan(g *guide.Guide, message string) (*guide.Plan, error) {
	key := planKey{g, message}
	if p := l.plans[key]; p != nil {
		return p.plan, p.err
	}
	p, err := g.Compile(message)
	if l.plans == nil {
		l.plans = map[planKey]*planned{}
	}
	l.plans[key] = &planned{p, err}
	return p, err
}

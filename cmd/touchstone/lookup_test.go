package main

import (
	"testing"

	"github.com/touchstone-hub/touchstone/canonical"
)

func TestNameText_isWrittenAsInItsScript(t *testing.T) {
	t.Parallel()
	for want, n := range map[string]canonical.Name{
		"Dr. Anna Schmidt": {Honorific: "Dr.", Given: "Anna", Family: "Schmidt"},
		"王小明":              {Given: "小明", Family: "王"},
		"王小明先生":            {Given: "小明", Family: "王", Honorific: "先生"},
		"David 王":          {Given: "David", Family: "王"},
		"王":                {Family: "王"},
		"Wang Xiaoming":    {Full: "Wang Xiaoming", Given: "小明", Family: "王"},
	} {
		if got := nameText(n); got != want {
			t.Errorf("%+v is written %q, expected %q", n, got, want)
		}
	}
}

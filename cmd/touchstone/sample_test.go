package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/spf13/cobra"
)

const sampleColumns = "id,cluster,given_name,surname,birth_date,house,street,city,postcode,phone,mobile,email,company\n"

// sampled reads text as a population.
func sampled(ctx context.Context, in io.Reader) (list []string, told string, err error) {
	var errs bytes.Buffer
	c := &cobra.Command{}
	c.SetContext(ctx)
	c.SetIn(in)
	c.SetErr(&errs)
	s := &sampleFile{app: &app{folder: "../../tests/bench/resolve/hub"}, mapping: "population", truth: "cluster", name: "-"}
	_, records, err := s.read(c)
	for _, r := range records {
		list = append(list, r.Key+" "+r.Truth+" "+r.Shown)
	}
	_, told, _ = strings.Cut(errs.String(), "no route\n") // behind the folder's warning
	return list, told, err
}

func TestSampleFile_keepsTheOrder(t *testing.T) {
	t.Parallel()
	var in strings.Builder
	var want []string
	var bad []int
	in.WriteString(sampleColumns)
	for i := range 10*sampleChunkSize + 7 {
		row := fmt.Sprintf("%d,c%d,Anna,Schmidt,1980-01-02,%d,High Street,London,N1 1AA,,+447700900%03d,,", i, i/2, i, i%1000)
		switch i % 300 {
		case 100:
			bad = append(bad, i)
			row = fmt.Sprintf("%d,c%d,too few", i, i/2)
		case 200:
			bad = append(bad, i)
			row = strings.Replace(row, fmt.Sprintf(",c%d,", i/2), ",,", 1)
		default:
			want = append(want, fmt.Sprintf("file/records/%d c%d %s", i, i/2, row))
		}
		in.WriteString(row + "\n")
	}
	list, told, err := sampled(t.Context(), strings.NewReader(in.String()))
	if err != nil || strings.Join(list, "\n") != strings.Join(want, "\n") {
		t.Errorf("%d records in another order or with others than the %d expected; %v", len(list), len(want), err)
	}
	lines := strings.Split(strings.TrimSpace(told), "\n")
	if len(lines) != 11 || !strings.Contains(lines[10], fmt.Sprintf("%d records of %d were left out", len(bad), len(bad)+len(want))) {
		t.Fatalf("told %q", lines)
	}
	for i, line := range lines[:10] {
		if !strings.HasPrefix(line, fmt.Sprintf("standard input:%d (record %d, ", bad[i]+2, bad[i]+1)) {
			t.Errorf("line %d: %s", i, line)
		}
	}
}

func TestSampleFile_endsWithTheReader(t *testing.T) {
	t.Parallel()
	row := "1,c,Anna,Schmidt,1980-01-02,1,High Street,London,N1 1AA,,,,\n"
	broken := errors.New("disk is gone")
	in := io.MultiReader(strings.NewReader(sampleColumns+strings.Repeat(row, 3*sampleChunkSize)), iotest.ErrReader(broken))
	if _, _, err := sampled(t.Context(), in); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := sampled(ctx, strings.NewReader(sampleColumns+strings.Repeat(row, 100*sampleChunkSize))); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if _, _, err := sampled(t.Context(), strings.NewReader(sampleColumns)); err == nil || !strings.Contains(err.Error(), "holds no record") {
		t.Errorf("got %v", err)
	}
}

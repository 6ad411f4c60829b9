package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/touchstone-hub/touchstone/edi"
	"github.com/touchstone-hub/touchstone/edi/anonymise"
	"github.com/touchstone-hub/touchstone/edi/split"
)

func (a *app) ediSplitCommand() *cobra.Command {
	var by, folder string
	c := &cobra.Command{
		Use:   "split FILE",
		Short: "Cut a file into one interchange, or one set, a file",
		Long: `Cuts a file ("-" is standard input) into files of one interchange each, or with --by set of one
transaction set or message with the envelope around it. Their trailers count what is in them. The
names of the files are printed.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			s := &ediSplitter{command: c, folder: folder, name: "edi"}
			switch by {
			case "interchange":
				s.by = split.Interchanges
			case "set":
				s.by = split.Sets
			default:
				return misuse(c, fmt.Errorf("--by %q is not known; expected interchange or set", by))
			}
			if args[0] != "-" {
				base := filepath.Base(args[0])
				s.name = strings.TrimSuffix(base, filepath.Ext(base))
			}
			in, err := openInput(c, args[0])
			if err != nil {
				return err
			}
			defer in.Close()
			if err := os.MkdirAll(folder, 0o777); err != nil {
				return err
			}
			scanner := edi.NewScanner(in)
			r := &ediReport{name: args[0], out: c.ErrOrStderr()}
			return r.end(scanner, split.Split(edi.NewWalker(scanner), s.by, s.create))
		},
	}
	c.Flags().StringVar(&by, "by", "interchange", "what becomes a file: interchange or set")
	c.Flags().StringVarP(&folder, "out", "o", ".", "the folder for the files")
	return c
}

type ediSplitter struct {
	command *cobra.Command
	by      split.By
	folder  string
	name    string
}

// create makes the file of a part. It does not write over one that is there.
func (s *ediSplitter) create(p split.Part) (io.WriteCloser, error) {
	labels := []string{s.name, fmt.Sprintf("%04d", p.Number), fileLabel(p.Interchange.ControlNumber)}
	if p.Set != nil {
		labels = append(labels, fileLabel(p.Set.ID), fileLabel(p.Set.ControlNumber))
	}
	name := filepath.Join(s.folder, strings.Join(labels, "-")+".edi")
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return nil, err
	}
	fmt.Fprintln(s.command.OutOrStdout(), name)
	return &bufferedFile{bufio.NewWriterSize(f, 64<<10), f}, nil
}

// fileLabel makes part of a file's name of what a stranger wrote.
func fileLabel(s string) string {
	s = strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' {
			return r
		}
		return '_'
	}, s)
	if s == "" {
		return "none"
	}
	return s[:min(len(s), 35)]
}

type bufferedFile struct {
	*bufio.Writer
	file *os.File
}

func (b *bufferedFile) Close() error {
	err := b.Flush()
	if closed := b.file.Close(); err == nil {
		err = closed
	}
	return err
}

func (a *app) ediAnonymiseCommand() *cobra.Command {
	var key string
	c := &cobra.Command{
		Use:   "anonymise FILE",
		Short: "Replace names and numbers, so that a file can be shown to others",
		Long: `Writes a file ("-" is standard input) with other letters and digits in names, addresses, numbers and
free text. Structure, delimiters, lengths, dates, counts, control numbers, codes and qualifiers stay;
the same value becomes the same value throughout. Read the result before it leaves the house: what
codes of your own give away, no program can know.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			in, err := openInput(c, args[0])
			if err != nil {
				return err
			}
			defer in.Close()
			scanner := edi.NewScanner(in)
			r := &ediReport{name: args[0], out: c.ErrOrStderr()}
			return r.end(scanner, anonymise.New([]byte(key)).Stream(c.OutOrStdout(), scanner))
		},
	}
	c.Flags().StringVar(&key, "key", "", "a secret with which the same values become the same in every run; else they do in one run only")
	return c
}

package main

import "github.com/spf13/cobra"

func (a *app) ediCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "edi",
		Short: "Read, check and answer EDI: X12 and EDIFACT",
	}
	c.AddCommand(a.ediGuideCommands()...)
	c.AddCommand(a.ediStatusCommand(), a.ediShowCommand())
	return c
}

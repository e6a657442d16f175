package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"tsmount/internal/strictjson"
)

// Exit statuses.
const (
	statusFailed = 1 // failed while running
	statusUsage  = 2 // bad command line or bad spec
)

// statusError is an error with the exit status that it means.
type statusError struct {
	err    error
	status int
}

func (e *statusError) Error() string { return e.err.Error() }
func (e *statusError) Unwrap() error { return e.err }

// badUsage marks err as a fault of the command line or of a spec.
func badUsage(err error) error {
	if err == nil {
		return nil
	}
	return &statusError{err, statusUsage}
}

func badUsagef(format string, args ...any) error { return badUsage(fmt.Errorf(format, args...)) }

// flagErrorf returns the error for the value of a flag.
func flagErrorf(flag, format string, args ...any) error {
	return badUsage(&strictjson.Error{Source: "--" + flag, Msg: fmt.Sprintf(format, args...)})
}

// statusOf returns the exit status that err means.
func statusOf(err error) int {
	var s *statusError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &s):
		return s.status
	}
	return statusFailed
}

// report writes err in one line and returns the exit status.
func report(w io.Writer, err error) int {
	if err != nil {
		fmt.Fprintln(w, "tsmount: "+oneLine(err.Error()))
	}
	return statusOf(err)
}

// maxLine is how long a reported line may be.
const maxLine = 1500

// oneLine makes one line of any text.
func oneLine(text string) string {
	lines := strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' })
	text = strings.Join(lines, "; ")
	if len(text) > maxLine {
		text = strings.ToValidUTF8(text[:maxLine], "") + "..."
	}
	return text
}

// exactly is cobra.ExactArgs that says what is expected.
func exactly(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == len(names) {
			return nil
		}
		want := "no arguments"
		if len(names) > 0 {
			want = strings.Join(names, " ")
		}
		_, sub, isSub := strings.Cut(cmd.CommandPath(), " ")
		if isSub {
			sub += ": "
		}
		return badUsagef("%sexpected %s, got %d arguments (see %s --help)", sub, want, len(args), cmd.CommandPath())
	}
}

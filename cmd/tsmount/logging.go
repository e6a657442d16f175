package main

import (
	"io"
	"log/slog"
	"os"
)

// logOptions say what is logged, how and where.
type logOptions struct {
	Level  string // debug, info, warn, error
	Format string // text, json
	File   string // absolute; "": stderr in the foreground, nowhere in the background
}

// check refuses unknown words.
func (o *logOptions) check() error {
	var level slog.Level
	if level.UnmarshalText([]byte(o.Level)) != nil {
		return flagErrorf("log-level", "expected debug, info, warn or error, got %q", o.Level)
	}
	if o.Format != "text" && o.Format != "json" {
		return flagErrorf("log-format", "expected text or json, got %q", o.Format)
	}
	return nil
}

// logger returns the logger that writes to w.
func (o *logOptions) logger(w io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{}
	var level slog.Level
	if level.UnmarshalText([]byte(o.Level)) == nil {
		options.Level = level
	}
	if o.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

// open returns the log file, or stderr without one.
func (o *logOptions) open() (*os.File, error) {
	if o.File == "" {
		return os.Stderr, nil
	}
	f, err := os.OpenFile(o.File, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o640)
	return f, badUsage(err)
}

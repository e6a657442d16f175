package main

import (
	"bytes"
	"encoding/json"
	"io"
	"time"

	"tsmount/drivers"
	"tsmount/internal/strictjson"
)

// request says what one daemon mounts. It can be encoded, so that a parent sends
// it to its child; it may contain secrets.
type request struct {
	Context *document `json:",omitempty"` // of all mounts; nil: none
	Mounts  []mountRequest
	Daemon  daemonOptions
}

// mountRequest is one mount.
type mountRequest struct {
	MountPoint string // absolute
	Spec       document
	Context    *document `json:",omitempty"` // between the request's and the spec's
	Plain      bool      // the spec was a URL or a path, to which defaults are added
	Demo       bool      // the store in memory is filled with examples first

	Writable        bool
	Formats         []string
	AllowOther      bool
	UID, GID        *uint32
	Umask           uint32
	RecheckData     *drivers.Recheck // instead of the spec's; nil: the spec's
	RecheckMetadata *drivers.Recheck
}

// daemonOptions are the settings that all mounts of a daemon share.
type daemonOptions struct {
	Log       logOptions
	Drain     time.Duration // how long an end waits for files to be stored and closed
	InUse     int64         // bytes; 0: the default
	DebugFuse bool
}

// document is a JSON value and where it comes from.
type document struct {
	Source string // begins messages: a file, "stdin", ...
	Path   string // of the value inside the source
	Value  any    // as encoding/json makes it with UseNumber
}

func (d *document) value() strictjson.Value { return strictjson.Of(d.Value, d.Source, d.Path) }

// maxDocument is how long a spec, context or config may be, in bytes.
const maxDocument = 16 << 20

// parseDocument reads one JSON document.
func parseDocument(text []byte, source string) (document, error) {
	v, err := strictjson.Parse(text, source)
	if err != nil {
		return document{}, badUsage(err)
	}
	return document{Source: source, Value: v.Any()}, nil
}

// readDocument reads one JSON document to the end of r.
func readDocument(r io.Reader, source string) (document, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxDocument+1))
	if err == nil && len(text) > maxDocument {
		err = &strictjson.Error{Msg: "longer than 16 MiB"}
	}
	if err != nil {
		return document{}, badUsagef("%s: %w", source, err)
	}
	return parseDocument(text, source)
}

func (r *request) encode() ([]byte, error) { return json.Marshal(r) }

func decodeRequest(text []byte) (*request, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	r := &request{}
	return r, d.Decode(r)
}

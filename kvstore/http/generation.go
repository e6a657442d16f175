package http

import (
	"fmt"
	nethttp "net/http"
	"strings"
	"time"

	"tsmount/kvstore"
)

// What a generation looks like:
//
//	e TAG          a strong ETag without its quotes
//	m TIME SIZE    a Last-Modified that no later change can have, and the size
//	w ...          what else there is: never Unchanged
//
// A dated generation is looked for with HEAD: If-Modified-Since would not see a
// value that is replaced by an older file.
const (
	tagged = "e "
	dated  = "m "
	weak   = "w "
)

// settleTime is how long after the Last-Modified the answer must have been made,
// so that no later change has the same: it is told in whole seconds.
const settleTime = 2 * time.Second

// generationOf returns the generation that the head of an answer tells of a
// value of size bytes, -1 when that is unknown.
func generationOf(h nethttp.Header, size int64) kvstore.Generation {
	tag, modified := h.Get("ETag"), h.Get("Last-Modified")
	if strong, ok := strings.CutPrefix(tag, `"`); ok && strings.HasSuffix(strong, `"`) {
		return kvstore.Generation(tagged + strong[:len(strong)-1])
	}
	then, err := nethttp.ParseTime(modified)
	made, err2 := nethttp.ParseTime(h.Get("Date"))
	if err == nil && err2 == nil && size >= 0 && made.Sub(then) >= settleTime {
		return kvstore.Generation(fmt.Sprintf("%s%d %d", dated, then.Unix(), size))
	}
	return kvstore.Generation(fmt.Sprintf("%s%s %s %d", weak, tag, modified, size))
}

// tagOf returns the ETag, with its quotes, of a generation that is one.
func tagOf(g kvstore.Generation) (string, bool) {
	tag, ok := strings.CutPrefix(string(g), tagged)
	return `"` + tag + `"`, ok
}

func isDated(g kvstore.Generation) bool { return strings.HasPrefix(string(g), dated) }

// settled reports whether an answer with generation g again means that nothing
// has changed.
func settled(g kvstore.Generation) bool {
	return strings.HasPrefix(string(g), tagged) || isDated(g)
}

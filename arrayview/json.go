package arrayview

import (
	"fmt"
	"strconv"

	"tsmount/internal/strictjson"
)

// ParseDomain reads TensorStore's IndexDomain JSON: rank, inclusive_min, one of
// exclusive_max, inclusive_max and shape, and labels. Errors name the JSON path.
// https://google.github.io/tensorstore/index_space.html#json-IndexDomain
func ParseDomain(v strictjson.Value) (Domain, error) {
	o, err := v.Object()
	if err != nil {
		return Domain{}, err
	}
	d, err := parseDomain(o, "")
	if err != nil {
		return Domain{}, err
	}
	return d, o.Close()
}

// bound is one element of a list of bounds.
type bound struct {
	at       int64
	implicit bool
}

// domainReader collects the members of a domain; all lists have one length.
type domainReader struct {
	o      *strictjson.Object
	prefix string
	rank   int    // -1: not yet known
	by     string // the member that determined it
}

func parseDomain(o *strictjson.Object, prefix string) (Domain, error) {
	r := domainReader{o: o, prefix: prefix, rank: -1}
	lower, err := r.bounds("inclusive_min", lowerBound)
	if err != nil {
		return Domain{}, err
	}
	upper, form, err := r.upper()
	if err != nil {
		return Domain{}, err
	}
	labels, err := r.labels()
	if err != nil {
		return Domain{}, err
	}
	if err := r.checkRank(); err != nil {
		return Domain{}, err
	}
	d := NewDomain(r.rank)
	copy(d.Labels, labels)
	for i := range d.Min {
		if err := d.setBounds(i, lower, upper, form); err != nil {
			v, _ := o.Get(prefix + form)
			return Domain{}, v.Errorf("dimension %d: %v", i, err)
		}
	}
	return d, nil
}

// upper reads whichever of the three forms of upper bounds is there.
func (r *domainReader) upper() (list []bound, form string, err error) {
	for _, name := range []string{"exclusive_max", "inclusive_max", "shape"} {
		v, ok := r.o.Get(r.prefix + name)
		if !ok {
			continue
		}
		if form != "" {
			return nil, "", v.Errorf("at most one of %[1]sexclusive_max, %[1]sinclusive_max and %[1]sshape is allowed", r.prefix)
		}
		form = name
		if list, err = r.bounds(name, upperBound); err != nil {
			return nil, "", err
		}
	}
	return list, form, nil
}

// member reads the elements of a list that has one entry per dimension.
func (r *domainReader) member(name string) ([]strictjson.Value, bool, error) {
	v, ok := r.o.Get(r.prefix + name)
	if !ok {
		return nil, false, nil
	}
	list, err := v.Array()
	if err != nil {
		return nil, false, err
	}
	return list, true, r.setRank(v, len(list), r.prefix+name)
}

// setRank takes note of the rank, which must agree with what is known.
func (r *domainReader) setRank(v strictjson.Value, rank int, by string) error {
	switch {
	case rank > MaxRank:
		return v.Errorf("rank %d is outside valid range [0, %d]", rank, MaxRank)
	case r.rank >= 0 && r.rank != rank:
		return v.Errorf("rank %d does not match rank %d of %s", rank, r.rank, r.by)
	}
	r.rank, r.by = rank, by
	return nil
}

func (r *domainReader) checkRank() error {
	v, ok := r.o.Get(r.prefix + "rank")
	if ok {
		rank, err := v.Int(0, MaxRank)
		if err != nil {
			return err
		}
		return r.setRank(v, int(rank), r.prefix+"rank")
	}
	if r.rank < 0 {
		return r.o.Value().Errorf("at least one of %[1]srank, %[1]sinclusive_min, %[1]sexclusive_max, %[1]sinclusive_max, %[1]sshape and %[1]slabels must be specified", r.prefix)
	}
	return nil
}

func (r *domainReader) bounds(name string, read func(strictjson.Value) (int64, error)) ([]bound, error) {
	list, ok, err := r.member(name)
	if !ok || err != nil {
		return nil, err
	}
	out := make([]bound, len(list))
	for i, e := range list {
		if e.IsArray() {
			inner, _ := e.Array()
			if len(inner) != 1 {
				return nil, e.Errorf("expected an array of size 1 indicating an implicit value, got %s", e.Text())
			}
			e, out[i].implicit = inner[0], true
		}
		if out[i].at, err = read(e); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (r *domainReader) labels() ([]string, error) {
	list, ok, err := r.member("labels")
	if !ok || err != nil {
		return nil, err
	}
	out := make([]string, len(list))
	seen := map[string]bool{"": false}
	for i, e := range list {
		if out[i], err = e.Str(); err != nil {
			return nil, err
		}
		if seen[out[i]] {
			return nil, e.Errorf("dimension label %q is not unique", out[i])
		}
		seen[out[i]] = out[i] != ""
	}
	return out, nil
}

// plusInf stands for "+inf" in any form of upper bound.
const plusInf = 1<<63 - 1

func lowerBound(v strictjson.Value) (int64, error) { return infinite(v, "-inf", -Inf) }
func upperBound(v strictjson.Value) (int64, error) { return infinite(v, "+inf", plusInf) }

// infinite reads a whole number, also as a string of digits, or the given word.
func infinite(v strictjson.Value, word string, means int64) (int64, error) {
	if s, err := v.Str(); err == nil {
		if s == word {
			return means, nil
		}
		if n, err := strconv.ParseInt(s, 10, 64); err == nil {
			return n, nil
		}
		return 0, v.Errorf("expected a whole number or %q, got %s", word, v.Text())
	}
	n, err := v.Int(-strictjson.MaxInt-1, strictjson.MaxInt)
	if err != nil {
		return 0, v.Errorf("expected a whole number or %q, got %s", word, v.Text())
	}
	return n, nil
}

// setBounds sets dimension i from the lists that are there.
func (d *Domain) setBounds(i int, lower, upper []bound, form string) error {
	if lower != nil {
		d.Min[i], d.ImplicitMin[i] = lower[i].at, lower[i].implicit
	} else if form == "shape" {
		d.Min[i], d.ImplicitMin[i] = 0, false
	}
	if d.Min[i] < -Inf || d.Min[i] >= Inf {
		return fmt.Errorf("lower bound %d is outside valid range [-(2^62-1), 2^62-1)", d.Min[i])
	}
	if upper == nil {
		return nil
	}
	at := upper[i].at
	d.ImplicitMax[i] = upper[i].implicit
	if at == plusInf {
		return nil
	}
	return d.setMax(i, at, form)
}

// setMax sets a finite upper bound that is given in one of the three forms.
func (d *Domain) setMax(i int, at int64, form string) error {
	lo, end := d.Min[i], at
	what, ok := "half-open", true
	switch form {
	case "inclusive_max":
		what = "closed"
		end, ok = addOK(at, 1)
	case "shape":
		what = "sized"
		end, ok = addOK(lo, at)
	}
	if !ok || end < lo || end > Inf+1 || end <= -Inf {
		return fmt.Errorf("(%d, %d) do not specify a valid %s index interval", lo, at, what)
	}
	d.Max[i] = end
	return nil
}

// JSON returns the one canonical form of the domain: inclusive_min and
// exclusive_max unless all bounds are implicit and infinite, labels unless all
// are empty, rank only where nothing else tells it. It is ready for
// encoding/json.
func (d Domain) JSON() map[string]any {
	m := make(map[string]any)
	d.addJSON(m, "")
	return m
}

func (d Domain) addJSON(m map[string]any, prefix string) {
	lower, lowerGiven := boundsJSON(d.Min, d.ImplicitMin, -Inf, "-inf")
	upper, upperGiven := boundsJSON(d.Max, d.ImplicitMax, Inf+1, "+inf")
	if lowerGiven {
		m[prefix+"inclusive_min"] = lower
	}
	if upperGiven {
		m[prefix+"exclusive_max"] = upper
	}
	labelled := false
	for _, l := range d.Labels {
		labelled = labelled || l != ""
	}
	if labelled {
		m[prefix+"labels"] = d.Labels
	}
	if !lowerGiven && !upperGiven && !labelled {
		m[prefix+"rank"] = d.Rank()
	}
}

// boundsJSON renders bounds and reports whether any is not the default.
func boundsJSON(at []int64, implicit []bool, inf int64, word string) ([]any, bool) {
	out, given := make([]any, len(at)), false
	for i, x := range at {
		var e any = x
		if x == inf {
			e = word
		}
		if implicit[i] {
			e = []any{e}
		}
		out[i] = e
		given = given || x != inf || !implicit[i]
	}
	return out, given
}

package arrayview

import (
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestComposeEqualsTwoSteps evaluates two random maps one after the other.
func TestComposeEqualsTwoSteps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		outer, mid := randomView(t)
		inner := &Transform{Input: BoxDomain(mid), Output: make([]OutputMap, rapid.IntRange(0, 3).Draw(t, "stored"))}
		if n, err := mid.Elements(); err != nil || n > 20_000 {
			t.Skip("too large for index arrays")
		}
		for i := range inner.Output {
			inner.Output[i] = randomMap(t, mid)
		}
		both, err := Compose(inner, outer)
		if err != nil {
			t.Fatal(err)
		}
		a, b, c := make([]int64, len(outer.Output)), make([]int64, len(inner.Output)), make([]int64, len(inner.Output))
		box := outer.Input.Box()
		p := slices.Clone(box.Min)
		for more := true; more; more = step(p, box) {
			if err := outer.Apply(p, a); err != nil {
				t.Fatal(err)
			}
			if err := inner.Apply(a, b); err != nil {
				t.Fatal(err)
			}
			if err := both.Apply(p, c); err != nil || !slices.Equal(b, c) {
				t.Fatalf("%v maps to %v, want %v (%v)", p, c, b, err)
			}
		}
	})
}

func TestComposeRefusesHugeProducts(t *testing.T) {
	const n = 5000
	a := &IndexArray{Shape: []int64{2, 2}, Values: make([]int64, 4), Min: -Inf, Max: Inf}
	inner := &Transform{Input: BoxDomain(Box{[]int64{0, 0}, []int64{2, 2}}), Output: []OutputMap{{Kind: MapArray, Stride: 1, Array: a}}}
	outer := &Transform{Input: BoxDomain(Box{[]int64{0, 0}, []int64{n, n}}), Output: make([]OutputMap, 2)}
	for d := range outer.Output {
		shape := []int64{1, 1}
		shape[d] = n
		outer.Output[d] = OutputMap{Kind: MapArray, Stride: 1, Array: &IndexArray{Shape: shape, Values: make([]int64, n), Min: -Inf, Max: Inf}}
	}
	if _, err := Compose(inner, outer); err == nil {
		t.Errorf("an index array of %d elements was made", n*n)
	}
	if _, err := Compose(outer, inner); err == nil {
		t.Error("transforms of different rank were composed")
	}
}

func TestInputOrder(t *testing.T) {
	in := func(d int) OutputMap { return OutputMap{Kind: MapInput, Stride: 1, Dim: d} }
	for _, c := range []struct {
		inputs      int
		output      []OutputMap
		order, want []int
	}{
		{3, []OutputMap{in(0), in(1), in(2)}, []int{2, 1, 0}, []int{2, 1, 0}},
		{2, []OutputMap{in(1), {}, in(0)}, []int{0, 1, 2}, []int{1, 0}},
		{3, []OutputMap{in(2), in(0)}, []int{0, 1}, []int{2, 0, 1}},
		{2, []OutputMap{in(1), in(0), in(1)}, []int{0, 1, 2}, []int{1, 0}},
		{0, []OutputMap{{}}, []int{0}, []int{}},
	} {
		v := &Transform{Input: NewDomain(c.inputs), Output: c.output}
		if got := v.InputOrder(c.order); !slices.Equal(got, c.want) {
			t.Errorf("%v in order %v: got %v, want %v", c.output, c.order, got, c.want)
		}
	}
}

// TestArithmeticEqualsBigNumbers looks hardest at the ends of int64.
func TestArithmeticEqualsBigNumbers(t *testing.T) {
	ends := []int64{-1 << 63, -1<<63 + 1, -1 << 62, -2, -1, 0, 1, 2, 1 << 31, 1 << 62, 1<<63 - 2, 1<<63 - 1}
	r := rand.New(rand.NewPCG(1, 2))
	pick := func() int64 {
		if r.IntN(2) == 0 {
			return ends[r.IntN(len(ends))]
		}
		return int64(r.Uint64()) >> r.IntN(64)
	}
	for range 100_000 {
		a, b, c := pick(), pick(), pick()
		x, y, z := big.NewInt(a), big.NewInt(b), big.NewInt(c)
		check := func(name string, got int64, ok bool, want *big.Int) {
			if ok != want.IsInt64() || ok && got != want.Int64() {
				t.Fatalf("%s of %d, %d, %d: got %d, %v, want %v", name, a, b, c, got, ok, want)
			}
		}
		sum, okSum := addOK(a, b)
		check("sum", sum, okSum, new(big.Int).Add(x, y))
		diff, okDiff := subOK(a, b)
		check("difference", diff, okDiff, new(big.Int).Sub(x, y))
		prod, okProd := mulOK(a, b)
		check("product", prod, okProd, new(big.Int).Mul(x, y))
		if both, ok := mulAdd(a, b, c); okProd {
			check("multiply and add", both, ok, new(big.Int).Add(new(big.Int).Mul(x, y), z))
		}
		if b > 0 {
			q, m := new(big.Int).DivMod(x, y, new(big.Int))
			if floorDiv(a, b) != q.Int64() || floorMod(a, b) != m.Int64() {
				t.Fatalf("%d / %d: got %d rest %d, want %v rest %v", a, b, floorDiv(a, b), floorMod(a, b), q, m)
			}
			if m.Sign() > 0 {
				q.Add(q, big.NewInt(1))
			}
			if ceilDiv(a, b) != q.Int64() {
				t.Fatalf("%d / %d rounded up: got %d, want %v", a, b, ceilDiv(a, b), q)
			}
		}
	}
}

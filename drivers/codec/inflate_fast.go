package codec

import "unsafe"

// fastIn and fastOut are what one round of fast may read and write at most. It
// refills bits up to three times, once before the first round; each refill
// reads 8 bytes and takes 7 of them at most. It writes two literals and the
// longest match, whose copy may go 15 bytes too far.
const (
	fastIn  = 7 + 7 + 8
	fastOut = 2 + 258 + 15
)

// fast decodes symbols while neither in nor out can end in the middle of one
// round, and reports whether the block has ended. Each round decodes up to
// two literals and one more symbol.
//
// This is where nearly all the time goes, and bounds checks would take a third
// of it, mostly because they need registers. The pointers are safe since every
// round begins with fastIn bytes of in and fastOut bytes of out before it, and
// every distance is compared with the data that are there. Both buffers are on
// the heap, since d refers to them, so that their addresses do not change.
//
// Only the lowest 6 bits of nbits count here, so that a whole entry may be
// subtracted, and bits may hold more than nbits of them: the same as the next
// refill puts there again.
func (d *inflater) fast() (done bool, err error) {
	if len(d.in)-d.ip < fastIn || len(d.out)-d.op < fastOut {
		return false, nil
	}
	in, out := unsafe.Pointer(unsafe.SliceData(d.in)), unsafe.Pointer(unsafe.SliceData(d.out))
	ip, op := unsafe.Add(in, d.ip), unsafe.Add(out, d.op)
	lastIn, lastOut := uintptr(in)+uintptr(len(d.in)-fastIn), uintptr(out)+uintptr(len(d.out)-fastOut)
	ip, bits, nbits := refill(ip, d.bits, uint64(d.nbits))
	e := d.lit[bits&(1<<litRoot-1)]
	for {
		if e&isLiteral != 0 {
			*(*byte)(op) = byte(e >> 16)
			op = unsafe.Add(op, 1)
			bits >>= e & 63
			nbits -= uint64(e)
			if e = d.lit[bits&(1<<litRoot-1)]; e&isLiteral != 0 {
				*(*byte)(op) = byte(e >> 16)
				op = unsafe.Add(op, 1)
				bits >>= e & 63
				nbits -= uint64(e)
				e = d.lit[bits&(1<<litRoot-1)]
			}
			ip, bits, nbits = refill(ip, bits, nbits)
			if e&isLiteral != 0 {
				if uintptr(ip) > lastIn || uintptr(op) > lastOut {
					break
				}
				continue
			}
		}
		if e&isException != 0 {
			if bits, nbits, e = d.second(d.lit[:], litRoot, bits, nbits, e); e&isException != 0 {
				bits >>= e & 63
				nbits -= uint64(e)
				done = true
				break
			}
			if e&isLiteral != 0 {
				*(*byte)(op) = byte(e >> 16)
				op = unsafe.Add(op, 1)
				ip, bits, nbits = refill(ip, bits>>(e&63), nbits-uint64(e))
				if e = d.lit[bits&(1<<litRoot-1)]; uintptr(ip) > lastIn || uintptr(op) > lastOut {
					break
				}
				continue
			}
		}
		length := uintptr(e>>16) + uintptr(extra(bits, e))
		bits >>= e & 63
		nbits -= uint64(e)
		if e = d.dist[bits&(1<<distRoot-1)]; e&isException != 0 {
			bits, nbits, e = d.second(d.dist[:], distRoot, bits, nbits, e)
		}
		distance := uintptr(e>>16) + uintptr(extra(bits, e))
		bits >>= e & 63
		nbits -= uint64(e)
		if e&isException != 0 || distance > uintptr(op)-uintptr(out)-uintptr(d.begin) {
			return false, corruptf(d.codec, "match outside of the data")
		}
		ip, bits, nbits = refill(ip, bits, nbits)
		e = d.lit[bits&(1<<litRoot-1)]
		if distance >= 16 && length <= 16 {
			copy16(op, unsafe.Add(op, -int(distance)))
		} else {
			copyMatch(op, distance, length)
		}
		op = unsafe.Add(op, length)
		if uintptr(ip) > lastIn || uintptr(op) > lastOut {
			break
		}
	}
	d.ip, d.op = int(uintptr(ip)-uintptr(in)), int(uintptr(op)-uintptr(out))
	d.nbits = uint(nbits & 63)
	d.bits = bits & (1<<d.nbits - 1)
	if done && e>>16 != 0 {
		return false, corruptf(d.codec, "undefined symbol")
	}
	return done, nil
}

// refill adds whole bytes to bits until it holds 56 or more. It reads 8 bytes.
func refill(ip unsafe.Pointer, bits, nbits uint64) (unsafe.Pointer, uint64, uint64) {
	bits |= load64(ip) << (nbits & 63)
	return unsafe.Add(ip, 7-nbits>>3&7), bits, nbits | 56
}

// second follows the entry e of the root of a table, if it is a link. The
// bits of the root are taken, those of the entry that is returned are not.
func (d *inflater) second(table []uint32, root uint, bits, nbits uint64, e uint32) (uint64, uint64, uint32) {
	if !isLink(e) {
		return bits, nbits, e
	}
	bits >>= root & 63
	return bits, nbits - uint64(root), table[e>>16+uint32(bits)&(1<<(e>>8&31)-1)]
}

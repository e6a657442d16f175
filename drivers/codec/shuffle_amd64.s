#include "textflag.h"

// AVX2 kernels of the byte and bit shuffles. See shuffle.go for what they
// compute and shuffle_amd64.go for what they ask of their arguments. A planes
// argument is an array of slices, 24 bytes each, of which only the pointers
// are used.

// Groups the bytes of four 4-byte elements by their place in the element.
DATA group4<>+0x00(SB)/8, $0x0d0905010c080400
DATA group4<>+0x08(SB)/8, $0x0f0b07030e0a0602
DATA group4<>+0x10(SB)/8, $0x0d0905010c080400
DATA group4<>+0x18(SB)/8, $0x0f0b07030e0a0602
GLOBL group4<>(SB), RODATA|NOPTR, $32

// The same for two 8-byte elements.
DATA group8<>+0x00(SB)/8, $0x0b030a0209010800
DATA group8<>+0x08(SB)/8, $0x0f070e060d050c04
DATA group8<>+0x10(SB)/8, $0x0b030a0209010800
DATA group8<>+0x18(SB)/8, $0x0f070e060d050c04
GLOBL group8<>(SB), RODATA|NOPTR, $32

DATA lowBytes<>+0x00(SB)/8, $0x00ff00ff00ff00ff
DATA lowBytes<>+0x08(SB)/8, $0x00ff00ff00ff00ff
DATA lowBytes<>+0x10(SB)/8, $0x00ff00ff00ff00ff
DATA lowBytes<>+0x18(SB)/8, $0x00ff00ff00ff00ff
GLOBL lowBytes<>(SB), RODATA|NOPTR, $32

// The three masks of transposeBits.
DATA bits7<>+0x00(SB)/8, $0x00aa00aa00aa00aa
DATA bits7<>+0x08(SB)/8, $0x0000cccc0000cccc
DATA bits7<>+0x10(SB)/8, $0x00000000f0f0f0f0
GLOBL bits7<>(SB), RODATA|NOPTR, $24

// NET8 interleaves eight registers in three rounds, Y0..Y7 to Y8..Y15. With
// the instructions for bytes, words and doublewords it turns eight planes into
// 8-byte elements; with those for words, doublewords and quadwords it turns
// 2-byte groups of eight elements into eight planes.
#define NET8(L1, H1, L2, H2, L3, H3) \
	L1 Y1, Y0, Y8;    H1 Y1, Y0, Y9;    \
	L1 Y3, Y2, Y10;   H1 Y3, Y2, Y11;   \
	L1 Y5, Y4, Y12;   H1 Y5, Y4, Y13;   \
	L1 Y7, Y6, Y14;   H1 Y7, Y6, Y15;   \
	L2 Y10, Y8, Y0;   H2 Y10, Y8, Y1;   \
	L2 Y11, Y9, Y2;   H2 Y11, Y9, Y3;   \
	L2 Y14, Y12, Y4;  H2 Y14, Y12, Y5;  \
	L2 Y15, Y13, Y6;  H2 Y15, Y13, Y7;  \
	L3 Y4, Y0, Y8;    H3 Y4, Y0, Y9;    \
	L3 Y5, Y1, Y10;   H3 Y5, Y1, Y11;   \
	L3 Y6, Y2, Y12;   H3 Y6, Y2, Y13;   \
	L3 Y7, Y3, Y14;   H3 Y7, Y3, Y15

#define JOIN8 NET8(VPUNPCKLBW, VPUNPCKHBW, VPUNPCKLWD, VPUNPCKHWD, VPUNPCKLDQ, VPUNPCKHDQ)
#define PART8 NET8(VPUNPCKLWD, VPUNPCKHWD, VPUNPCKLDQ, VPUNPCKHDQ, VPUNPCKLQDQ, VPUNPCKHQDQ)

// LOADPAIR loads 16 bytes at lo and 16 at hi.
#define LOADPAIR(lo, hi, x, y) \
	VMOVDQU lo, x; VINSERTI128 $1, hi, y, y

// LOAD256 loads 256 bytes: the first half into the low lanes of Y0..Y7, the
// second into the high lanes.
#define LOAD256(R) \
	LOADPAIR(0(R), 128(R), X0, Y0);   LOADPAIR(16(R), 144(R), X1, Y1); \
	LOADPAIR(32(R), 160(R), X2, Y2);  LOADPAIR(48(R), 176(R), X3, Y3); \
	LOADPAIR(64(R), 192(R), X4, Y4);  LOADPAIR(80(R), 208(R), X5, Y5); \
	LOADPAIR(96(R), 224(R), X6, Y6);  LOADPAIR(112(R), 240(R), X7, Y7)

// STORE256 is LOAD256 backwards, from Y8..Y15.
#define STORE256(R) \
	VMOVDQU X8, (R);      VMOVDQU X9, 16(R);  \
	VMOVDQU X10, 32(R);   VMOVDQU X11, 48(R); \
	VMOVDQU X12, 64(R);   VMOVDQU X13, 80(R); \
	VMOVDQU X14, 96(R);   VMOVDQU X15, 112(R); \
	VEXTRACTI128 $1, Y8, 128(R);   VEXTRACTI128 $1, Y9, 144(R);  \
	VEXTRACTI128 $1, Y10, 160(R);  VEXTRACTI128 $1, Y11, 176(R); \
	VEXTRACTI128 $1, Y12, 192(R);  VEXTRACTI128 $1, Y13, 208(R); \
	VEXTRACTI128 $1, Y14, 224(R);  VEXTRACTI128 $1, Y15, 240(R)

// EACH8 does OP with the memory operand M to Y0..Y7.
#define EACH8(OP, M) \
	OP M, Y0, Y0;  OP M, Y1, Y1;  OP M, Y2, Y2;  OP M, Y3, Y3; \
	OP M, Y4, Y4;  OP M, Y5, Y5;  OP M, Y6, Y6;  OP M, Y7, Y7

// PLANES8 loads the addresses of eight planes.
#define PLANES8(P) \
	MOVQ 0(P), R8;    MOVQ 24(P), R9;   MOVQ 48(P), R10;  MOVQ 72(P), R11; \
	MOVQ 96(P), R12;  MOVQ 120(P), R13; MOVQ 144(P), R14; MOVQ 168(P), R15

// ROWS8 sets up R10 and R11 to reach the eight rows at R, R9 bytes apart: from
// R the first four, from R11 the others, each at 0, R9, 2*R9 and R10.
#define ROWS8(R) LEAQ (R9)(R9*2), R10; LEAQ (R)(R9*4), R11

// func shuffle2AVX2(p *planes, src *byte, n int)
TEXT ·shuffle2AVX2(SB), NOSPLIT, $0-24
	MOVQ p+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ n+16(FP), CX
	MOVQ 0(DI), R8
	MOVQ 24(DI), R9
	XORQ AX, AX
	VMOVDQU lowBytes<>(SB), Y7

loop:
	VMOVDQU   (SI), Y0
	VMOVDQU   32(SI), Y1
	VPAND     Y7, Y0, Y2
	VPAND     Y7, Y1, Y3
	VPSRLW    $8, Y0, Y0
	VPSRLW    $8, Y1, Y1
	VPACKUSWB Y3, Y2, Y2
	VPACKUSWB Y1, Y0, Y0
	VPERMQ    $0xd8, Y2, Y2
	VPERMQ    $0xd8, Y0, Y0
	VMOVDQU   Y2, (R8)(AX*1)
	VMOVDQU   Y0, (R9)(AX*1)
	ADDQ      $64, SI
	ADDQ      $32, AX
	CMPQ      AX, CX
	JLT       loop
	VZEROUPPER
	RET

// func unshuffle2AVX2(dst *byte, p *planes, n int)
TEXT ·unshuffle2AVX2(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ p+8(FP), SI
	MOVQ n+16(FP), CX
	MOVQ 0(SI), R8
	MOVQ 24(SI), R9
	XORQ AX, AX

loop:
	VMOVDQU    (R8)(AX*1), Y0
	VMOVDQU    (R9)(AX*1), Y1
	VPUNPCKLBW Y1, Y0, Y2
	VPUNPCKHBW Y1, Y0, Y3
	VPERM2I128 $0x20, Y3, Y2, Y4
	VPERM2I128 $0x31, Y3, Y2, Y5
	VMOVDQU    Y4, (DI)
	VMOVDQU    Y5, 32(DI)
	ADDQ       $64, DI
	ADDQ       $32, AX
	CMPQ       AX, CX
	JLT        loop
	VZEROUPPER
	RET

// func shuffle4AVX2(p *planes, src *byte, n int)
TEXT ·shuffle4AVX2(SB), NOSPLIT, $0-24
	MOVQ p+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ n+16(FP), CX
	MOVQ 0(DI), R8
	MOVQ 24(DI), R9
	MOVQ 48(DI), R10
	MOVQ 72(DI), R11
	XORQ AX, AX
	VMOVDQU group4<>(SB), Y8

loop:
	LOADPAIR(0(SI), 64(SI), X0, Y0)
	LOADPAIR(16(SI), 80(SI), X1, Y1)
	LOADPAIR(32(SI), 96(SI), X2, Y2)
	LOADPAIR(48(SI), 112(SI), X3, Y3)
	VPSHUFB     Y8, Y0, Y0
	VPSHUFB     Y8, Y1, Y1
	VPSHUFB     Y8, Y2, Y2
	VPSHUFB     Y8, Y3, Y3
	VPUNPCKLDQ  Y1, Y0, Y4
	VPUNPCKHDQ  Y1, Y0, Y5
	VPUNPCKLDQ  Y3, Y2, Y6
	VPUNPCKHDQ  Y3, Y2, Y7
	VPUNPCKLQDQ Y6, Y4, Y0
	VPUNPCKHQDQ Y6, Y4, Y1
	VPUNPCKLQDQ Y7, Y5, Y2
	VPUNPCKHQDQ Y7, Y5, Y3
	VMOVDQU     Y0, (R8)(AX*1)
	VMOVDQU     Y1, (R9)(AX*1)
	VMOVDQU     Y2, (R10)(AX*1)
	VMOVDQU     Y3, (R11)(AX*1)
	ADDQ        $128, SI
	ADDQ        $32, AX
	CMPQ        AX, CX
	JLT         loop
	VZEROUPPER
	RET

// func unshuffle4AVX2(dst *byte, p *planes, n int)
TEXT ·unshuffle4AVX2(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ p+8(FP), SI
	MOVQ n+16(FP), CX
	MOVQ 0(SI), R8
	MOVQ 24(SI), R9
	MOVQ 48(SI), R10
	MOVQ 72(SI), R11
	XORQ AX, AX

loop:
	VMOVDQU    (R8)(AX*1), Y0
	VMOVDQU    (R9)(AX*1), Y1
	VMOVDQU    (R10)(AX*1), Y2
	VMOVDQU    (R11)(AX*1), Y3
	VPUNPCKLBW Y1, Y0, Y4
	VPUNPCKHBW Y1, Y0, Y5
	VPUNPCKLBW Y3, Y2, Y6
	VPUNPCKHBW Y3, Y2, Y7
	VPUNPCKLWD Y6, Y4, Y0
	VPUNPCKHWD Y6, Y4, Y1
	VPUNPCKLWD Y7, Y5, Y2
	VPUNPCKHWD Y7, Y5, Y3
	VPERM2I128 $0x20, Y1, Y0, Y4
	VPERM2I128 $0x20, Y3, Y2, Y5
	VPERM2I128 $0x31, Y1, Y0, Y6
	VPERM2I128 $0x31, Y3, Y2, Y7
	VMOVDQU    Y4, (DI)
	VMOVDQU    Y5, 32(DI)
	VMOVDQU    Y6, 64(DI)
	VMOVDQU    Y7, 96(DI)
	ADDQ       $128, DI
	ADDQ       $32, AX
	CMPQ       AX, CX
	JLT        loop
	VZEROUPPER
	RET

// func shuffle8AVX2(p *planes, src *byte, n int)
TEXT ·shuffle8AVX2(SB), NOSPLIT, $0-24
	MOVQ p+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ n+16(FP), CX
	PLANES8(DI)
	XORQ AX, AX

loop:
	LOAD256(SI)
	EACH8(VPSHUFB, group8<>(SB))
	PART8
	VMOVDQU Y8, (R8)(AX*1)
	VMOVDQU Y9, (R9)(AX*1)
	VMOVDQU Y10, (R10)(AX*1)
	VMOVDQU Y11, (R11)(AX*1)
	VMOVDQU Y12, (R12)(AX*1)
	VMOVDQU Y13, (R13)(AX*1)
	VMOVDQU Y14, (R14)(AX*1)
	VMOVDQU Y15, (R15)(AX*1)
	ADDQ    $256, SI
	ADDQ    $32, AX
	CMPQ    AX, CX
	JLT     loop
	VZEROUPPER
	RET

// func unshuffle8AVX2(dst *byte, p *planes, n int)
TEXT ·unshuffle8AVX2(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ p+8(FP), SI
	MOVQ n+16(FP), CX
	PLANES8(SI)
	XORQ AX, AX

loop:
	VMOVDQU (R8)(AX*1), Y0
	VMOVDQU (R9)(AX*1), Y1
	VMOVDQU (R10)(AX*1), Y2
	VMOVDQU (R11)(AX*1), Y3
	VMOVDQU (R12)(AX*1), Y4
	VMOVDQU (R13)(AX*1), Y5
	VMOVDQU (R14)(AX*1), Y6
	VMOVDQU (R15)(AX*1), Y7
	JOIN8
	STORE256(DI)
	ADDQ    $256, DI
	ADDQ    $32, AX
	CMPQ    AX, CX
	JLT     loop
	VZEROUPPER
	RET

// Element i goes with element i+1 in one register; VPERMQ brings the two low
// halves into one lane and the two high halves into the other.
#define HALVES(off, y) VPERMQ $0xd8, off(SI), y

// PART stores 16 bytes of planes j and j+8.
#define PART(lo, hi, x, y) \
	MOVQ lo(DI), R8; MOVQ hi(DI), R9; \
	VMOVDQU x, (R8)(AX*1); VEXTRACTI128 $1, y, (R9)(AX*1)

// func shuffle16AVX2(p *planes, src *byte, n int)
TEXT ·shuffle16AVX2(SB), NOSPLIT, $0-24
	MOVQ p+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ n+16(FP), CX
	XORQ AX, AX

loop:
	HALVES(0, Y0)
	HALVES(32, Y1)
	HALVES(64, Y2)
	HALVES(96, Y3)
	HALVES(128, Y4)
	HALVES(160, Y5)
	HALVES(192, Y6)
	HALVES(224, Y7)
	EACH8(VPSHUFB, group8<>(SB))
	PART8
	PART(0, 192, X8, Y8)
	PART(24, 216, X9, Y9)
	PART(48, 240, X10, Y10)
	PART(72, 264, X11, Y11)
	PART(96, 288, X12, Y12)
	PART(120, 312, X13, Y13)
	PART(144, 336, X14, Y14)
	PART(168, 360, X15, Y15)
	ADDQ $256, SI
	ADDQ $16, AX
	CMPQ AX, CX
	JLT  loop
	VZEROUPPER
	RET

// JOIN loads 16 bytes of planes j and j+8.
#define JOIN(lo, hi, x, y) \
	MOVQ lo(SI), R8; MOVQ hi(SI), R9; \
	LOADPAIR((R8)(AX*1), (R9)(AX*1), x, y)

#define UNHALVES(off, y) VPERMQ $0xd8, y, y; VMOVDQU y, off(DI)

// func unshuffle16AVX2(dst *byte, p *planes, n int)
TEXT ·unshuffle16AVX2(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ p+8(FP), SI
	MOVQ n+16(FP), CX
	XORQ AX, AX

loop:
	JOIN(0, 192, X0, Y0)
	JOIN(24, 216, X1, Y1)
	JOIN(48, 240, X2, Y2)
	JOIN(72, 264, X3, Y3)
	JOIN(96, 288, X4, Y4)
	JOIN(120, 312, X5, Y5)
	JOIN(144, 336, X6, Y6)
	JOIN(168, 360, X7, Y7)
	JOIN8
	UNHALVES(0, Y8)
	UNHALVES(32, Y9)
	UNHALVES(64, Y10)
	UNHALVES(96, Y11)
	UNHALVES(128, Y12)
	UNHALVES(160, Y13)
	UNHALVES(192, Y14)
	UNHALVES(224, Y15)
	ADDQ $256, DI
	ADDQ $16, AX
	CMPQ AX, CX
	JLT  loop
	VZEROUPPER
	RET

// TOPBITS stores the highest bit of each of 64 bytes at row, and moves the
// next bit there.
#define TOPBITS(row) \
	VPMOVMSKB Y0, AX; VPMOVMSKB Y1, BX; \
	SHLQ      $32, BX; ORQ BX, AX; MOVQ AX, row; \
	VPADDB    Y0, Y0, Y0; VPADDB Y1, Y1, Y1

// func bitRowsAVX2(dst, src *byte, n, stride int)
TEXT ·bitRowsAVX2(SB), NOSPLIT, $0-32
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ n+16(FP), CX
	MOVQ stride+24(FP), R9
	ROWS8(DI)

loop:
	VMOVDQU (SI), Y0
	VMOVDQU 32(SI), Y1
	TOPBITS((R11)(R10*1))
	TOPBITS((R11)(R9*2))
	TOPBITS((R11)(R9*1))
	TOPBITS((R11))
	TOPBITS((DI)(R10*1))
	TOPBITS((DI)(R9*2))
	TOPBITS((DI)(R9*1))
	TOPBITS((DI))
	ADDQ    $64, SI
	ADDQ    $8, DI
	ADDQ    $8, R11
	SUBQ    $64, CX
	JGT     loop
	VZEROUPPER
	RET

// SWAPBITS is one round of transposeBits on y: the bits of mask m with those
// s higher.
#define SWAPBITS(s, m, y) \
	VPSRLQ s, y, Y0; VPXOR y, Y0, Y0; VPAND m, Y0, Y0; \
	VPSLLQ s, Y0, Y1; VPXOR Y0, y, y; VPXOR Y1, y, y

#define TRANSPOSEBITS(y) \
	SWAPBITS($7, Y2, y); SWAPBITS($14, Y3, y); SWAPBITS($28, Y4, y)

// func bitUnrowsAVX2(dst, src *byte, n, stride int)
TEXT ·bitUnrowsAVX2(SB), NOSPLIT, $0-32
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ n+16(FP), CX
	MOVQ stride+24(FP), R9
	ROWS8(SI)

loop:
	VMOVDQU (SI), Y0
	VMOVDQU (SI)(R9*1), Y1
	VMOVDQU (SI)(R9*2), Y2
	VMOVDQU (SI)(R10*1), Y3
	VMOVDQU (R11), Y4
	VMOVDQU (R11)(R9*1), Y5
	VMOVDQU (R11)(R9*2), Y6
	VMOVDQU (R11)(R10*1), Y7
	JOIN8
	VPBROADCASTQ bits7<>+0(SB), Y2
	VPBROADCASTQ bits7<>+8(SB), Y3
	VPBROADCASTQ bits7<>+16(SB), Y4
	TRANSPOSEBITS(Y8)
	TRANSPOSEBITS(Y9)
	TRANSPOSEBITS(Y10)
	TRANSPOSEBITS(Y11)
	TRANSPOSEBITS(Y12)
	TRANSPOSEBITS(Y13)
	TRANSPOSEBITS(Y14)
	TRANSPOSEBITS(Y15)
	STORE256(DI)
	ADDQ $256, DI
	ADDQ $32, SI
	ADDQ $32, R11
	SUBQ $256, CX
	JGT  loop
	VZEROUPPER
	RET

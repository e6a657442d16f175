#include "textflag.h"

// The inverse DCT of jpeg_idct.go, of which the names are, for 8 columns or rows
// at a time. All numbers are 32 bits, as there.

// Factors in the order of their use, then what is added before the shift of
// either pass.
DATA idctFactors<>+0x00(SB)/8, $0x00003b2100001151
DATA idctFactors<>+0x08(SB)/8, $0x000025a10000187e
DATA idctFactors<>+0x10(SB)/8, $0xffffadfdffffe333
DATA idctFactors<>+0x18(SB)/8, $0x00000c7c00003ec5
DATA idctFactors<>+0x20(SB)/8, $0x000041b30000098e
DATA idctFactors<>+0x28(SB)/8, $0x0000300b00006254
DATA idctFactors<>+0x30(SB)/8, $0x0202000000000400
GLOBL idctFactors<>(SB), RODATA|NOPTR, $56

// MUL multiplies in, with the factor at an offset, to out.
#define MUL(offset, in, out) \
	VPBROADCASTD idctFactors<>+offset(SB), Y15; \
	VPMULLD      Y15, in, out

// PASS transforms s0..s7 in Y0..Y7 in place, but for the shift.
#define PASS(round) \
	VPADDD Y6, Y2, Y8;              \
	MUL(0x00, Y8, Y8);              \
	MUL(0x04, Y6, Y6);              \
	MUL(0x08, Y2, Y2);              \
	VPSUBD Y6, Y8, Y9;              \
	VPADDD Y2, Y8, Y8;              \
	VPADDD Y4, Y0, Y10;             \
	VPSUBD Y4, Y0, Y11;             \
	VPSLLD $13, Y10, Y10;           \
	VPSLLD $13, Y11, Y11;           \
	VPBROADCASTD idctFactors<>+round(SB), Y15; \
	VPADDD Y15, Y10, Y10;           \
	VPADDD Y15, Y11, Y11;           \
	VPADDD Y8, Y10, Y0;             \
	VPSUBD Y8, Y10, Y10;            \
	VPADDD Y9, Y11, Y8;             \
	VPSUBD Y9, Y11, Y11;            \
	VPADDD Y1, Y7, Y2;              \
	VPADDD Y3, Y5, Y4;              \
	VPADDD Y3, Y7, Y6;              \
	VPADDD Y1, Y5, Y9;              \
	VPADDD Y9, Y6, Y12;             \
	MUL(0x0c, Y12, Y12);            \
	MUL(0x10, Y2, Y2);              \
	MUL(0x14, Y4, Y4);              \
	MUL(0x18, Y6, Y6);              \
	MUL(0x1c, Y9, Y9);              \
	VPSUBD Y6, Y12, Y6;             \
	VPSUBD Y9, Y12, Y9;             \
	MUL(0x20, Y7, Y7);              \
	MUL(0x24, Y5, Y5);              \
	MUL(0x28, Y3, Y3);              \
	MUL(0x2c, Y1, Y1);              \
	VPADDD Y2, Y7, Y7;              \
	VPADDD Y6, Y7, Y7;              \
	VPADDD Y4, Y5, Y5;              \
	VPADDD Y9, Y5, Y5;              \
	VPADDD Y4, Y3, Y3;              \
	VPADDD Y6, Y3, Y3;              \
	VPADDD Y2, Y1, Y1;              \
	VPADDD Y9, Y1, Y1;              \
	VPSUBD Y1, Y0, Y12;             \
	VPADDD Y1, Y0, Y0;              \
	VPSUBD Y3, Y8, Y13;             \
	VPADDD Y3, Y8, Y1;              \
	VPSUBD Y5, Y11, Y14;            \
	VPADDD Y5, Y11, Y2;             \
	VPSUBD Y7, Y10, Y4;             \
	VPADDD Y7, Y10, Y3;             \
	VMOVDQA Y14, Y5;                \
	VMOVDQA Y13, Y6;                \
	VMOVDQA Y12, Y7

#define SHIFT(bits) \
	VPSRAD $bits, Y0, Y0; \
	VPSRAD $bits, Y1, Y1; \
	VPSRAD $bits, Y2, Y2; \
	VPSRAD $bits, Y3, Y3; \
	VPSRAD $bits, Y4, Y4; \
	VPSRAD $bits, Y5, Y5; \
	VPSRAD $bits, Y6, Y6; \
	VPSRAD $bits, Y7, Y7

// TURN makes rows of the columns in Y0..Y7.
#define TURN \
	VPUNPCKLDQ  Y1, Y0, Y8;          \
	VPUNPCKHDQ  Y1, Y0, Y9;          \
	VPUNPCKLDQ  Y3, Y2, Y10;         \
	VPUNPCKHDQ  Y3, Y2, Y11;         \
	VPUNPCKLDQ  Y5, Y4, Y12;         \
	VPUNPCKHDQ  Y5, Y4, Y13;         \
	VPUNPCKLDQ  Y7, Y6, Y14;         \
	VPUNPCKHDQ  Y7, Y6, Y15;         \
	VPUNPCKLQDQ Y10, Y8, Y0;         \
	VPUNPCKHQDQ Y10, Y8, Y1;         \
	VPUNPCKLQDQ Y11, Y9, Y2;         \
	VPUNPCKHQDQ Y11, Y9, Y3;         \
	VPUNPCKLQDQ Y14, Y12, Y8;        \
	VPUNPCKHQDQ Y14, Y12, Y9;        \
	VPUNPCKLQDQ Y15, Y13, Y10;       \
	VPUNPCKHQDQ Y15, Y13, Y11;       \
	VPERM2I128  $0x31, Y8, Y0, Y4;   \
	VPERM2I128  $0x31, Y9, Y1, Y5;   \
	VPERM2I128  $0x31, Y10, Y2, Y6;  \
	VPERM2I128  $0x31, Y11, Y3, Y7;  \
	VPERM2I128  $0x20, Y8, Y0, Y0;   \
	VPERM2I128  $0x20, Y9, Y1, Y1;   \
	VPERM2I128  $0x20, Y10, Y2, Y2;  \
	VPERM2I128  $0x20, Y11, Y3, Y3

// Dwords 0, 4, 1, 5, ...: the halves of each row side by side.
DATA idctHalves<>+0x00(SB)/8, $0x0000000400000000
DATA idctHalves<>+0x08(SB)/8, $0x0000000500000001
DATA idctHalves<>+0x10(SB)/8, $0x0000000600000002
DATA idctHalves<>+0x18(SB)/8, $0x0000000700000003
GLOBL idctHalves<>(SB), RODATA|NOPTR, $32

// PUT4 writes four rows, clamped to bytes, to DI.
#define PUT4(a, b, c, d) \
	VPACKSSDW    b, a, Y9;    \
	VPACKSSDW    d, c, Y10;   \
	VPACKUSWB    Y10, Y9, Y9; \
	VPERMD       Y9, Y8, Y9;  \
	VEXTRACTI128 $1, Y9, X10; \
	VMOVQ        X9, (DI);    \
	VPEXTRQ      $1, X9, (DI)(SI*1); \
	LEAQ         (DI)(SI*2), DI; \
	VMOVQ        X10, (DI);   \
	VPEXTRQ      $1, X10, (DI)(SI*1); \
	LEAQ         (DI)(SI*2), DI

// func idctAVX2(dst *byte, stride int, block *[64]int32)
TEXT ·idctAVX2(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ stride+8(FP), SI
	MOVQ block+16(FP), DX
	VMOVDQU 0(DX), Y0
	VMOVDQU 32(DX), Y1
	VMOVDQU 64(DX), Y2
	VMOVDQU 96(DX), Y3
	VMOVDQU 128(DX), Y4
	VMOVDQU 160(DX), Y5
	VMOVDQU 192(DX), Y6
	VMOVDQU 224(DX), Y7
	PASS(0x30)
	SHIFT(11)
	TURN
	PASS(0x34)
	SHIFT(18)
	TURN
	VMOVDQU idctHalves<>(SB), Y8
	PUT4(Y0, Y1, Y2, Y3)
	PUT4(Y4, Y5, Y6, Y7)
	VZEROUPPER
	RET

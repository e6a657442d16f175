#include "textflag.h"

// The loop below executes sequences while more than one is left, at least 89
// bits are to be read, a sequence takes at most 57 of them, and the ends of
// literals and output are not passed. It copies 16 bytes at a time: up to
// zstdSlack bytes behind the literals are read and behind the output written. A
// sequence that it does not like it leaves undone.
//
// An entry of a table is: bits in all, bits for the state, bits for the value (a
// byte each), an unused byte, base of the value, base of the state (two bytes
// each). All bits of a sequence are loaded at once and lie, from the lowest:
// state of the offset, of the match, of the literals; value of literals, match,
// offset.
//
// R8  address of the bits, less 8, times 8; plus the bits left, plus 7
// R9  sequences left, less one
// R10, R11, R12 entries of literals, matches, offsets
// R13 tables: literals, +4096 matches, +8192 offsets
// R14 last distance; the two before are on the stack
// DI  output, SI literals
// AX  bits of the sequence
// DX  literals, CX match, BX distance of the sequence
// BP  where the match goes, R15 where it ends

#define OUTBASE 0(SP)
#define OUTEND 8(SP)
#define LITEND 16(SP)
#define WINDOW 24(SP)
#define FEWBITS 32(SP)
#define SECOND 40(SP)
#define THIRD 48(SP)

// func zstdSequencesBMI2(r *zstdRun)
TEXT ·zstdSequencesBMI2(SB), NOSPLIT, $56-8
	MOVQ r+0(FP), AX
	MOVQ 0(AX), DI
	MOVQ DI, OUTBASE
	MOVQ 8(AX), CX
	ADDQ DI, CX
	MOVQ CX, OUTEND
	ADDQ 72(AX), DI
	MOVQ 24(AX), SI
	MOVQ 32(AX), CX
	ADDQ SI, CX
	MOVQ CX, LITEND
	ADDQ 80(AX), SI
	MOVQ 48(AX), R8
	LEAQ -64(R8*8), R8
	LEAQ 96(R8), CX
	MOVQ CX, FEWBITS
	ADDQ 88(AX), R8
	ADDQ $7, R8
	MOVQ 96(AX), CX
	MOVQ CX, WINDOW
	MOVQ 104(AX), R14
	MOVQ 112(AX), CX
	MOVQ CX, SECOND
	MOVQ 120(AX), CX
	MOVQ CX, THIRD
	MOVQ 128(AX), R10
	MOVQ 136(AX), R12
	MOVQ 144(AX), R11
	MOVQ 152(AX), R9
	DECQ R9
	MOVQ 160(AX), R13
	PCALIGN $32

sequence:
	CMPQ R8, FEWBITS
	JLT  done

	// The bits to be read next become the highest of AX.
	MOVQ  R8, CX
	SHRQ  $3, CX
	MOVQ  (CX), AX
	MOVQ  R8, DX
	NOTQ  DX
	ANDL  $7, DX
	SHLXQ DX, AX, AX

	// Byte 0 of CX: bits in all, byte 1: those for states. The bits become the
	// lowest of AX, those for values the lowest of R15.
	LEAQ    (R11)(R12*1), CX
	ADDQ    R10, CX
	MOVBLZX CL, BX
	CMPL    BX, $57
	JA      done
	MOVBLZX CH, DX
	NEGL    CX
	SHRXQ   CX, AX, AX
	SUBQ    BX, R8
	SHRXQ   DX, AX, R15

	// Values.
	MOVQ    R10, CX
	SHRQ    $16, CX
	BZHIQ   CX, R15, DX
	SHRXQ   CX, R15, R15
	SHRQ    $16, CX
	MOVWLZX CX, CX
	ADDQ    CX, DX
	MOVQ    R11, BX
	SHRQ    $16, BX
	BZHIQ   BX, R15, CX
	SHRXQ   BX, R15, R15
	SHRQ    $16, BX
	MOVWLZX BX, BX
	ADDQ    BX, CX
	MOVQ    R12, BP
	SHRQ    $16, BP
	BZHIQ   BP, R15, BX
	BTSQ    BP, BX

	// Room, and the literals.
	MOVUPS (SI), X0
	ADDQ   DX, SI
	CMPQ   SI, LITEND
	JA     undo
	LEAQ   (DI)(DX*1), BP
	LEAQ   (BP)(CX*1), R15
	CMPQ   R15, OUTEND
	JA     undo
	MOVUPS X0, (DI)
	CMPQ   DX, $16
	JA     literals

distance:
	CMPQ BX, $3
	JBE  repeated
	SUBQ $3, BX
	MOVQ SECOND, DX
	MOVQ DX, THIRD
	MOVQ R14, SECOND
	MOVQ BX, R14

match:
	MOVQ   BP, DX
	SUBQ   BX, DX
	JCS    corrupt
	CMPQ   DX, OUTBASE
	JCS    corrupt
	CMPQ   BX, WINDOW
	JA     corrupt
	CMPQ   CX, $16
	JA     long
	CMPQ   CX, BX
	JA     near
	MOVUPS (DX), X0
	MOVUPS X0, (BP)

states:
	MOVQ  R15, DI
	MOVQ  R12, DX
	SHRQ  $8, DX
	BZHIQ DX, AX, CX
	SHRXQ DX, AX, AX
	SHRQ  $48, R12
	ADDQ  CX, R12
	MOVQ  8192(R13)(R12*8), R12
	MOVQ  R11, DX
	SHRQ  $8, DX
	BZHIQ DX, AX, BX
	SHRXQ DX, AX, AX
	SHRQ  $48, R11
	ADDQ  BX, R11
	MOVQ  4096(R13)(R11*8), R11
	MOVQ  R10, DX
	SHRQ  $8, DX
	BZHIQ DX, AX, AX
	SHRQ  $48, R10
	ADDQ  AX, R10
	MOVQ  0(R13)(R10*8), R10
	DECQ    R9
	JNZ     sequence

done:
	LEAQ 1(R9), CX

store:
	MOVQ r+0(FP), AX
	MOVQ CX, 152(AX)
	SUBQ OUTBASE, DI
	MOVQ DI, 72(AX)
	SUBQ 24(AX), SI
	MOVQ SI, 80(AX)
	MOVQ FEWBITS, CX
	SUBQ $89, CX
	SUBQ CX, R8
	MOVQ R8, 88(AX)
	MOVQ R14, 104(AX)
	MOVQ SECOND, CX
	MOVQ CX, 112(AX)
	MOVQ THIRD, CX
	MOVQ CX, 120(AX)
	MOVQ R10, 128(AX)
	MOVQ R12, 136(AX)
	MOVQ R11, 144(AX)
	RET

	// Only the bits and the literals have been taken.
undo:
	SUBQ    DX, SI
	LEAQ    (R11)(R12*1), CX
	ADDQ    R10, CX
	MOVBLZX CL, BX
	ADDQ    BX, R8
	JMP     done

	// Negative bits fail the caller's next step.
corrupt:
	MOVQ FEWBITS, R8
	SUBQ $90, R8
	MOVQ $1, CX
	JMP  store

	// One of the last three distances: BX is which, one more without literals.
repeated:
	CMPQ DX, $1
	ADCQ $0, BX
	CMPQ BX, $2
	JB   first
	JE   second
	CMPQ BX, $4
	LEAQ -1(R14), BX
	JEQ  shift
	MOVQ THIRD, BX

shift:
	MOVQ  SECOND, DX
	MOVQ  DX, THIRD
	MOVQ  R14, SECOND
	MOVQ  BX, R14
	TESTQ BX, BX
	JZ    corrupt
	JMP   match

second:
	MOVQ SECOND, BX
	MOVQ R14, SECOND
	MOVQ BX, R14
	JMP  match

first:
	MOVQ R14, BX
	JMP  match

	// The rest of more than 16 literals, up to BP.
literals:
	SUBQ DX, SI

more:
	ADDQ   $16, DI
	ADDQ   $16, SI
	MOVUPS (SI), X0
	MOVUPS X0, (DI)
	SUBQ   $16, DX
	CMPQ   DX, $16
	JA     more
	ADDQ   DX, SI
	JMP    distance

	// A match of more than 16 bytes, from DX.
long:
	CMPQ BX, $16
	JB   near

copy:
	MOVUPS (DX), X0
	MOVUPS X0, (BP)
	ADDQ   $16, DX
	ADDQ   $16, BP
	CMPQ   BP, R15
	JB     copy
	JMP    states

	// A match that repeats less than 16 bytes: they are doubled until it does not.
near:
	MOVUPS (DX), X0
	MOVUPS X0, (BP)
	ADDQ   BX, BP
	ADDQ   BX, BX
	CMPQ   BP, R15
	JAE    states
	CMPQ   BX, $16
	JB     near
	JMP    copy

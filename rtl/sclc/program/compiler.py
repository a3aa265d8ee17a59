"""Compiler of the SCLC processor: a program in a small part of Python's language becomes instructions, registers and constants.

The language: functions without arguments; names are 64-bit registers, the same in all functions (NAMES are constants, worked out when the program is
made); `x = expression`, `x += expression`, `x -= expression`; `if`, `elif`, `else`, `while`, `break`, `continue`, `return`; conditions are comparisons
joined by `and` or `or`; a function is called by its name as a statement. Expressions: + - & and these:
    a << 3, a >> 3       shifts by a constant; >> keeps the sign
    mul(a, b, s)         signed product of the low 32 bits of each, rounded, >> s; s = 0, 8, 16, 24
    div(a, b, s)         (a << s) / b towards zero; s = 0, 16; saturates, as does b = 0
    load(address), store(address, value), table(index), done()
The program starts at `main`, at every job. Registers keep their values from job to job; a constant's register is never written.
"""
import ast
import operator

OPS = ("ADD", "SUB", "AND", "SHR", "SHL", "MUL", "DIV", "LD", "ST", "TAB", "BLT", "BGE", "BEQ", "BNE", "JMP", "CALL", "RET", "DONE")
CODE = {name: n for n, name in enumerate(OPS)}
REGISTERS = 256
WORDS_MAX = 768
SHIFTS = (0, 8, 16, 24)
FOLD = {ast.Add: operator.add, ast.Sub: operator.sub, ast.BitAnd: operator.and_, ast.LShift: operator.lshift, ast.RShift: operator.rshift}


class Program:
    """Instructions (op, x, d, a, b) and what the registers hold at the start."""

    def __init__(self, source, names):
        self.names = dict(names)
        self.code = []
        self.constants = {}
        self.variables = {}
        self.temporaries = []
        self.free = []
        self.labels = {}
        self.fixes = []
        self.next_register = 0
        self.loops = []
        tree = ast.parse(source)
        functions = {}
        for node in tree.body:
            if isinstance(node, ast.FunctionDef):
                functions[node.name] = node
            elif isinstance(node, ast.Assign):
                self.names[node.targets[0].id] = eval(compile(ast.Expression(node.value), "program", "eval"), {}, self.names)  # pylint: disable=eval-used
        self.functions = functions
        self._function("main", functions["main"])
        for name, node in functions.items():
            if name != "main":
                self._function(name, node)
        for at, label in self.fixes:
            op, _, _, a, b = self.code[at]
            target = self.labels[label]
            self.code[at] = (op, target >> 8, target & 255, a, b)
        if len(self.code) > WORDS_MAX or self.next_register > REGISTERS:
            raise ValueError(f"{len(self.code)} instructions, {self.next_register} registers: too many")

    # ---- registers ----
    def _register(self):
        self.next_register += 1
        return self.next_register - 1

    def constant(self, value):
        if not -(1 << 63) <= value < 1 << 63:
            raise ValueError(f"constant {value} is too wide")
        if value not in self.constants:
            self.constants[value] = self._register()
        return self.constants[value]

    def _name(self, name):
        if name in self.names:
            return self.constant(self.names[name])
        if name not in self.variables:
            self.variables[name] = self._register()
        return self.variables[name]

    def _temporary(self):
        if self.free:
            return self.free.pop()
        register = self._register()
        self.temporaries.append(register)
        return register

    def _drop(self, register):
        if register in self.temporaries and register not in self.free:
            self.free.append(register)

    # ---- code ----
    def _emit(self, op, d=0, a=0, b=0, x=0):
        self.code.append((CODE[op], x, d, a, b))

    def _jump(self, op, label, a=0, b=0):
        self.fixes.append((len(self.code), label))
        self._emit(op, 0, a, b)

    def _label(self, label=None):
        label = label or object()
        return label

    def _here(self, label):
        self.labels[label] = len(self.code)

    def _function(self, name, node):
        self._here(name)
        self._block(node.body)
        self._emit("DONE" if name == "main" else "RET")

    def _block(self, body):
        for node in body:
            self._statement(node)

    def _statement(self, node):
        if isinstance(node, ast.Assign):
            self._into(self._name(self._target(node.targets[0])), node.value)
        elif isinstance(node, ast.AugAssign):
            self._into(self._name(self._target(node.target)), ast.BinOp(node.target, node.op, node.value))
        elif isinstance(node, ast.If):
            other, end = self._label(), self._label()
            self._condition(node.test, other, False)
            self._block(node.body)
            if node.orelse:
                self._jump("JMP", end)
            self._here(other)
            self._block(node.orelse)
            self._here(end)
        elif isinstance(node, ast.While):
            start, again, end = self._label(), self._label(), self._label()
            always = isinstance(node.test, ast.Constant) and node.test.value is True
            self.loops.append((again, end))
            if not always:
                self._condition(node.test, end, False)
            self._here(start)
            self._block(node.body)
            self._here(again)
            if always:
                self._jump("JMP", start)
            else:
                self._condition(node.test, start, True)
            self._here(end)
            self.loops.pop()
        elif isinstance(node, ast.Break):
            self._jump("JMP", self.loops[-1][1])
        elif isinstance(node, ast.Continue):
            self._jump("JMP", self.loops[-1][0])
        elif isinstance(node, ast.Return):
            self._emit("RET")
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            self._call(node.value)
        elif not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
            raise ValueError(f"line {node.lineno}: not in the language")

    def _target(self, node):
        if not isinstance(node, ast.Name) or node.id in self.names:
            raise ValueError(f"line {node.lineno}: only a register can be assigned to")
        return node.id

    def _call(self, node):
        name = node.func.id
        if name == "store":
            address, value = (self._value(a) for a in node.args)
            self._emit("ST", 0, address, value)
            self._drop(address)
            self._drop(value)
        elif name == "done":
            self._emit("DONE")
        elif name in self.functions and not node.args:
            self._jump("CALL", name)
        else:
            raise ValueError(f"line {node.lineno}: {name} is no function")

    def _condition(self, node, label, when):
        """Jumps to the label when the condition is `when`, else goes on."""
        if isinstance(node, ast.BoolOp):
            if isinstance(node.op, ast.And) == when:
                skip = self._label()
                for part in node.values[:-1]:
                    self._condition(part, skip, not when)
                self._condition(node.values[-1], label, when)
                self._here(skip)
            else:
                for part in node.values:
                    self._condition(part, label, when)
            return
        left, right = self._value(node.left), self._value(node.comparators[0])
        op = type(node.ops[0]).__name__
        if op in ("Gt", "LtE"):
            left, right, op = right, left, {"Gt": "Lt", "LtE": "GtE"}[op]
        if not when:
            op = {"Lt": "GtE", "GtE": "Lt", "Eq": "NotEq", "NotEq": "Eq"}[op]
        self._jump({"Lt": "BLT", "GtE": "BGE", "Eq": "BEQ", "NotEq": "BNE"}[op], label, left, right)
        self._drop(left)
        self._drop(right)

    # ---- expressions ----
    def _fixed(self, node):
        """The value of an expression of constants alone, else None."""
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.Name):
            return self.names.get(node.id)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            value = self._fixed(node.operand)
            return None if value is None else -value
        if isinstance(node, ast.BinOp):
            left, right = self._fixed(node.left), self._fixed(node.right)
            return None if left is None or right is None else FOLD[type(node.op)](left, right)
        return None

    def _value(self, node):
        """The register that holds the value."""
        fixed = self._fixed(node)
        if fixed is not None:
            return self.constant(fixed)
        if isinstance(node, ast.Name):
            return self._name(node.id)
        register = self._temporary()
        self._into(register, node)
        return register

    def _into(self, d, node):
        fixed = self._fixed(node)
        if fixed is not None or isinstance(node, ast.Name):
            self._emit("ADD", d, self._value(node), self.constant(0))
            return
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            a = self._value(node.operand)
            self._emit("SUB", d, self.constant(0), a)
            self._drop(a)
        elif isinstance(node, ast.BinOp) and isinstance(node.op, (ast.LShift, ast.RShift)):
            a = self._value(node.left)
            self._emit("SHL" if isinstance(node.op, ast.LShift) else "SHR", d, a, self._fixed(node.right))
            self._drop(a)
        elif isinstance(node, ast.BinOp):
            a, b = self._value(node.left), self._value(node.right)
            self._emit({ast.Add: "ADD", ast.Sub: "SUB", ast.BitAnd: "AND"}[type(node.op)], d, a, b)
            self._drop(a)
            self._drop(b)
        elif isinstance(node, ast.Call) and node.func.id in ("mul", "div"):
            if node.func.id == "div" and self._fixed(node.args[2]) not in (0, 16):
                raise ValueError(f"line {node.lineno}: div shifts by 0 or 16")
            a, b = self._value(node.args[0]), self._value(node.args[1])
            self._emit(node.func.id.upper(), d, a, b, SHIFTS.index(self._fixed(node.args[2])))
            self._drop(a)
            self._drop(b)
        elif isinstance(node, ast.Call) and node.func.id in ("load", "table"):
            a = self._value(node.args[0])
            self._emit("LD" if node.func.id == "load" else "TAB", d, a)
            self._drop(a)
        else:
            raise ValueError(f"line {getattr(node, 'lineno', '?')}: not in the language")

    def initial(self):
        """What the registers hold at the start."""
        values = [0] * self.next_register
        for value, register in self.constants.items():
            values[register] = value
        return values

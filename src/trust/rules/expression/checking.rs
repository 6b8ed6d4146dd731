//! What may stand in an expression, and why something may not.

use cel::common::ast::{CallExpr, Expr, IdedExpr, LiteralValue, operators};
use cel::common::types::CelDouble;

use super::{Expression, Wrong};
use crate::trust::rules::parameters::LARGEST;
use crate::trust::signals;

/// A product beyond this is too near to the end of the numbers.
const BEYOND: f64 = 1e200;

/// What a part of an expression is.
pub(super) enum Kind {
    /// A truth.
    Bool,
    /// A number of at most this size.
    Number(f64),
}

impl Expression {
    /// Checks a part, and notes the names in it.
    pub(super) fn kind(&self, part: &IdedExpr, used: &mut Vec<String>) -> Result<Kind, Wrong> {
        match &part.expr {
            Expr::Ident(name) => {
                used.push(name.clone());
                if let Some(signal) = signals::signal(name) {
                    return Ok(Kind::Number(signal.most));
                }
                match self.parameters.get(name) {
                    Some(value) => Ok(Kind::Number(*value)),
                    None => wrong(unknown(name)),
                }
            }
            Expr::Literal(LiteralValue::Double(number)) => match *number.inner() {
                number if number.abs() <= LARGEST => Ok(Kind::Number(number.abs())),
                _ => wrong("A number in it is larger than 1000000000."),
            },
            Expr::Call(call) => self.call(call, used),
            _ => wrong("Only signals, thresholds, numbers, comparisons, + - *, && || and ! can be in it."),
        }
    }

    fn call(&self, call: &CallExpr, used: &mut Vec<String>) -> Result<Kind, Wrong> {
        let kinds: Vec<Kind> = match call.target {
            None => call.args.iter().map(|part| self.kind(part, used)).collect::<Result<_, _>>()?,
            Some(_) => return wrong("Functions are not for rules."),
        };
        use Kind::{Bool, Number};
        match (call.func_name.as_str(), kinds.as_slice()) {
            (operators::LOGICAL_AND | operators::LOGICAL_OR, [Bool, ..])
                if kinds.iter().all(|one| matches!(one, Bool)) =>
            {
                Ok(Bool)
            }
            (operators::LOGICAL_NOT, [Bool]) => Ok(Bool),
            (
                operators::GREATER | operators::GREATER_EQUALS | operators::LESS | operators::LESS_EQUALS,
                [Number(_), Number(_)],
            ) => Ok(Bool),
            (operators::ADD | operators::SUBSTRACT, [Number(a), Number(b)]) => Ok(Number(a + b)),
            (operators::NEGATE, [Number(a)]) => Ok(Number(*a)),
            (operators::MULTIPLY, [Number(a), Number(b)]) if a * b < BEYOND => Ok(Number(a * b)),
            (operators::MULTIPLY, [Number(_), Number(_)]) => wrong("A product in it may become too large."),
            (operators::DIVIDE | operators::MODULO, _) => wrong(
                "Nothing is divided in a rule: by zero there is no answer. Multiply the other side instead.",
            ),
            (operators::EQUALS | operators::NOT_EQUALS, _) => wrong(
                "Compare with < <= > or >=: whether two measured numbers are exactly the same means nothing.",
            ),
            (name, _) if name.starts_with('_') || name.contains(['!', '-']) => wrong(
                "Numbers are compared, and truths are joined with && || and !; something is where the other belongs.",
            ),
            _ => wrong("Functions are not for rules."),
        }
    }

    /// The number that a part is, where it is a threshold or a number as it stands.
    fn constant(&self, part: &IdedExpr) -> Option<f64> {
        match &part.expr {
            Expr::Ident(name) => self.parameters.get(name).copied(),
            Expr::Literal(LiteralValue::Double(number)) => Some(*number.inner()),
            _ => None,
        }
    }

    /// Notes above which line each signal counts; the first such comparison is told. What holds below a line, or is put
    /// together of several, is no line that can be drawn.
    pub(super) fn compared(&self, part: &IdedExpr, found: &mut Vec<(&'static str, f64, bool)>) {
        let Expr::Call(call) = &part.expr else { return };
        let above = match (call.func_name.as_str(), call.args.as_slice()) {
            (operators::LOGICAL_NOT, _) => return,
            (operators::GREATER, [left, right]) => Some((left, right, true)),
            (operators::GREATER_EQUALS, [left, right]) => Some((left, right, false)),
            (operators::LESS, [left, right]) => Some((right, left, true)),
            (operators::LESS_EQUALS, [left, right]) => Some((right, left, false)),
            _ => None,
        };
        if let Some((one, other, strict)) = above
            && let Expr::Ident(name) = &one.expr
            && let (Some(signal), Some(line)) = (signals::signal(name), self.constant(other))
            && !found.iter().any(|(known, ..)| *known == signal.name)
        {
            found.push((signal.name, line, strict));
        }
        for part in &call.args {
            self.compared(part, found);
        }
    }
}

/// How deep a parser has to descend at most: parentheses that are open, and signs before a part.
pub(super) fn nesting(text: &str) -> u16 {
    let (mut open, mut signs, mut deepest) = (0_u16, 0_u16, 0_u16);
    for letter in text.chars().filter(|letter| !letter.is_whitespace()) {
        match letter {
            '(' => open = open.saturating_add(1),
            ')' => open = open.saturating_sub(1),
            '!' | '-' => {}
            _ => signs = 0,
        }
        if matches!(letter, '!' | '-') {
            signs = signs.saturating_add(1);
        }
        deepest = deepest.max(open.saturating_add(signs));
    }
    deepest
}

/// The first thing that the parser did not understand, and where.
pub(super) fn syntax(errors: &cel::ParseErrors) -> String {
    match errors.errors.first() {
        Some(error) => {
            let (line, column) = error.pos;
            let message = error.msg.lines().next().unwrap_or_default();
            format!("It cannot be read at line {line}, character {column}: {message}.")
        }
        None => "It cannot be read.".into(),
    }
}

pub(super) fn wrong<T>(words: impl Into<String>) -> Result<T, Wrong> {
    Err(Wrong::Expression(words.into()))
}

/// Makes every whole number a fractional one, so that they can be added and compared without a thought.
pub(super) fn numbers(part: &mut IdedExpr) {
    #[allow(clippy::cast_precision_loss, reason = "what is too large is refused")]
    let float = match &part.expr {
        Expr::Literal(LiteralValue::Int(number)) => Some(*number.inner() as f64),
        Expr::Literal(LiteralValue::UInt(number)) => Some(*number.inner() as f64),
        _ => None,
    };
    if let Some(float) = float {
        part.expr = Expr::Literal(LiteralValue::Double(CelDouble::from(float)));
    }
    if let Expr::Call(call) = &mut part.expr {
        call.args.iter_mut().for_each(numbers);
    }
}

/// Numbers that stand in it.
pub(super) fn literals(part: &IdedExpr, found: &mut Vec<f64>) {
    match &part.expr {
        Expr::Literal(LiteralValue::Double(number)) => found.push(*number.inner()),
        Expr::Call(call) => call.args.iter().for_each(|argument| literals(argument, found)),
        _ => {}
    }
}

/// That a name is not known, with the one that was perhaps meant.
fn unknown(name: &str) -> String {
    let alike = |known: &str| known.chars().zip(name.chars()).take_while(|(a, b)| a == b).count();
    let nearest = signals::SIGNALS.iter().max_by_key(|signal| alike(signal.name));
    match nearest.filter(|signal| alike(signal.name) >= 4) {
        Some(signal) => {
            format!("There is no signal or threshold called {name}. Did you mean {}?", signal.name)
        }
        None => format!("There is no signal or threshold called {name}."),
    }
}

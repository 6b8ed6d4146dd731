//! What a rule says: an expression in CEL (the Common Expression Language) over signals and named thresholds.
//!
//! An expression that is taken has a value for every account and whatever was counted: [`Expression::parse`] admits
//! comparisons of sums, differences and products, joined by `&&`, `||` and `!`, and nothing that could fail. It knows only
//! signals of the register and the rule's own thresholds, all numbers, and shows by the largest values that they can have
//! that no product leaves the numbers. It refuses what would hold for an account that does nothing,
//! or for one to which nothing happens but failed sign-ins, tried around every number that it names: those are what others do.

mod checking;

use std::sync::{Arc, LazyLock};

use cel::common::ast::IdedExpr;
use cel::common::types::CelDouble;
use cel::common::value::CowVal;
use cel::context::VariableResolver;
use cel::parser::Parser;
use cel::{Context, Env, Value};

use self::checking::{Kind, literals, nesting, numbers, syntax, wrong};
use super::parameters::Parameters;
use crate::trust::signals::{self, Values};

/// Longest expression in characters.
pub const LONGEST: usize = 1000;

/// The signal that anybody can cause who knows the address of a member.
const FAILURES: &str = "sign_in_failures";

/// How deep parentheses may be.
const DEPTH: u16 = 8;

static STANDARD: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(Env::stdlib()));

/// An expression that was checked.
#[derive(Clone, Debug)]
pub struct Expression {
    tree: IdedExpr,
    parameters: Parameters,
    /// Signals that are in it, in the order of the register.
    signals: Vec<&'static str>,
    /// What each signal is compared with.
    thresholds: Vec<(&'static str, f64, bool)>,
}

/// What is wrong with an expression, beside which field it belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// The expression.
    Expression(String),
    /// The thresholds.
    Parameters(String),
}

/// Reads what is short and flat enough.
fn read(text: &str) -> Result<IdedExpr, Wrong> {
    if text.trim().is_empty() || text.chars().count() > LONGEST {
        return wrong(format!("Write an expression of up to {LONGEST} characters."));
    }
    // Before the parser sees it: a parser that descends takes stack for each step, whatever bound it has.
    if text.contains(['?', '[', '{']) {
        return wrong("Only signals, thresholds, numbers, comparisons, + - *, && || and ! can be in it.");
    }
    if nesting(text) > DEPTH {
        return wrong(format!("Parentheses and signs in a row go at most {DEPTH} deep."));
    }
    let mut tree = match Parser::default().max_recursion_depth(DEPTH).parse(text) {
        Ok(tree) => tree,
        Err(errors) => return wrong(syntax(&errors)),
    };
    numbers(&mut tree);
    Ok(tree)
}

impl Expression {
    /// Reads and checks an expression.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn parse(text: &str, parameters: &Parameters) -> Result<Self, Wrong> {
        let (tree, parameters) = (read(text)?, parameters.clone());
        let mut made = Self { tree, parameters, signals: Vec::new(), thresholds: Vec::new() };
        let mut used = Vec::new();
        if !matches!(made.kind(&made.tree, &mut used)?, Kind::Bool) {
            return wrong("The whole has to be true or false: compare a signal with a threshold.");
        }
        if let Some(idle) = made.parameters.keys().find(|name| !used.contains(name)) {
            return Err(Wrong::Parameters(format!("{idle} is not in the expression.")));
        }
        made.signals = signals::SIGNALS
            .iter()
            .map(|signal| signal.name)
            .filter(|name| used.iter().any(|used| used == name))
            .collect();
        match made.signals.as_slice() {
            [] => return wrong("There is no signal in it."),
            // Whoever knows the address of a member could have an account restricted.
            [FAILURES] => {
                return wrong("Anybody can cause failed sign-ins: join them with another signal by &&.");
            }
            _ => {}
        }
        let mut thresholds = Vec::new();
        made.compared(&made.tree, &mut thresholds);
        made.thresholds = thresholds;
        if made.matches(&Values::default()) {
            return wrong("It holds for an account that does nothing at all.");
        }
        if made.holds_by_failures() {
            return wrong(
                "Anybody can cause failed sign-ins, and it holds by them alone: join them with another signal by &&.",
            );
        }
        Ok(made)
    }

    /// Whether it holds for an account that does nothing, while somebody fails to sign in: around each number that is in it
    /// or among its thresholds, and often.
    fn holds_by_failures(&self) -> bool {
        let failures = |count: f64| {
            let value = |name: &str| if name == FAILURES { count } else { 0.0 };
            Values(signals::SIGNALS.iter().map(|signal| value(signal.name)).collect())
        };
        let mut lines: Vec<f64> = self.parameters.values().copied().collect();
        literals(&self.tree, &mut lines);
        let around = lines.iter().flat_map(|line| [line.floor() - 1.0, line.floor(), line.floor() + 1.0]);
        let often = (0..30).map(|power| f64::from(1_u32 << power));
        let holds = |count: f64| count >= 0.0 && self.matches(&failures(count));
        self.signals.contains(&FAILURES) && around.chain(often).any(holds)
    }

    /// Whether it holds for these signals. What is not there is zero.
    pub fn matches(&self, values: &Values) -> bool {
        let names = Names { values, parameters: &self.parameters };
        let mut context = Context::with_env(Arc::clone(&STANDARD));
        context.set_variable_resolver(&names);
        match Value::resolve(&self.tree, &context) {
            Ok(Value::Bool(holds)) => holds,
            // Checked when it was written. If it is wrong all the same, nobody is restricted by it.
            other => {
                tracing::error!(answer = format!("{other:?}"), "a checked expression has no value");
                metrics::counter!("portal_rule_expressions_failed_total").increment(1);
                false
            }
        }
    }

    /// The signals in it.
    pub fn signals(&self) -> &[&'static str] {
        &self.signals
    }

    /// Above which line a signal counts, and whether only above and not at it; nothing where it is told for comparison.
    pub fn threshold(&self, signal: &str) -> Option<(f64, bool)> {
        self.thresholds.iter().find(|(name, ..)| *name == signal).map(|(_, line, strict)| (*line, *strict))
    }
}

/// What the names in an expression stand for.
struct Names<'a> {
    values: &'a Values,
    parameters: &'a Parameters,
}

impl VariableResolver for Names<'_> {
    fn resolve<'b>(&'b self, variable: &str) -> Option<CowVal<'b, 'b>> {
        let value = match self.parameters.get(variable) {
            Some(value) => *value,
            None => self.values.get(variable),
        };
        Some(CowVal::owned(CelDouble::from(value)))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::trust::rules::parameters::parse_parameters;

    fn parse(text: &str, parameters: &str) -> Result<Expression, Wrong> {
        Expression::parse(text, &parse_parameters(parameters).expect("thresholds"))
    }

    fn values(of: &[(&str, f64)]) -> Values {
        let named: BTreeMap<&str, f64> = of.iter().copied().collect();
        serde_json::from_value(serde_json::to_value(named).expect("plain")).expect("values")
    }

    #[test]
    fn a_rule_holds_above_its_threshold_and_not_at_it() {
        let rule = parse("outbound_hour > most && bounced_percent >= 10", "most = 500").expect("right");
        let holds =
            |hour, percent| rule.matches(&values(&[("outbound_hour", hour), ("bounced_percent", percent)]));
        assert!(holds(501.0, 10.0));
        assert!(!holds(500.0, 10.0) && !holds(501.0, 9.99));
        assert_eq!(rule.signals(), ["outbound_hour", "bounced_percent"]);
        assert_eq!(
            (rule.threshold("outbound_hour"), rule.threshold("bounced_percent")),
            (Some((500.0, true)), Some((10.0, false)))
        );
        let rule = parse("bounced_day * 100 > share * outbound_day && 3 > recipients_hour", "share = 5");
        let rule = rule.expect("right");
        assert_eq!(rule.threshold("outbound_day"), None, "a part of a product is no line");
        assert_eq!(rule.threshold("recipients_hour"), None, "what holds below is no line above");
        assert_eq!(rule.threshold("requests_day"), None);
    }

    #[test]
    fn whole_numbers_and_fractions_are_added_and_compared() {
        let rule = parse(
            "2 * bounced_day + complained_day * 10.5 - 1 > line || !(requests_day <= 1000)",
            "line = 99.5",
        );
        let rule = rule.expect("right");
        assert!(
            rule.matches(&values(&[("bounced_day", 50.5), ("complained_day", 0.0)]))
                == (2.0 * 50.5 - 1.0 > 99.5)
        );
        assert!(rule.matches(&values(&[("requests_day", 1001.0)])));
        assert!(!rule.matches(&values(&[("requests_day", 1000.0)])));
    }

    #[test]
    fn what_has_no_value_for_some_account_is_refused() {
        for text in [
            "outbound_day / recipients_hour > a",
            "outbound_day % 2 > a",
            "outbound_day > a ? true : false",
            "size('x') > a",
            "outbound_day.size() > a",
            "[outbound_day].exists(x, x > a)",
            "outbound_day > 'many' && networks > a",
            "outbound_day + a",
            "outbound_day == a",
            "outbound_day > a && networks",
            "outbound_day > a > 2",
            "outbund_day > a",
            "has(outbound_day.x) && networks > a",
            "outbound_day > a && true",
            "outbound_day > 1e300 + a",
            "outbound_day > a &&",
            "outbound_day < a",
            "sign_in_failures > a",
            "sign_in_failures > a || networks > 1000",
            "sign_in_failures > a && networks >= 0",
            "sign_in_failures + networks > a && sign_in_failures < 100",
            "networks > a || sign_in_failures == 3",
            "networks > a || sign_in_failures > 100 && sign_in_failures < 120",
            "a > 2",
            "",
        ] {
            assert!(matches!(parse(text, "a = 5"), Err(Wrong::Expression(_))), "{text}");
        }
        let product = vec!["outbound_day"; 40].join(" * ");
        assert!(parse(&format!("{product} > a"), "a = 5").is_err());
        let deep = format!("{}outbound_day > a{}", "(".repeat(200), ")".repeat(200));
        assert!(parse(&deep, "a = 5").is_err());
        assert!(parse(&format!("{}(outbound_day > a)", "!".repeat(200)), "a = 5").is_err());
        assert!(parse(&format!("outbound_day > a{}", " ? a : a".repeat(100)), "a = 5").is_err());
        assert_eq!(
            parse("outbound_dya > a", "a = 5").unwrap_err(),
            Wrong::Expression(
                "There is no signal or threshold called outbound_dya. Did you mean outbound_day?".into()
            )
        );
    }

    #[test]
    fn failed_sign_ins_count_beside_what_an_account_does_itself() {
        for text in
            ["sign_in_failures > a && networks > 1", "networks > a || sign_in_failures > 5 && networks > 1"]
        {
            let rule = parse(text, "a = 20").expect("right");
            let holds =
                |networks| rule.matches(&values(&[("sign_in_failures", 50.0), ("networks", networks)]));
            assert!(holds(2.0) && !holds(1.0), "{text}");
        }
    }

    #[test]
    fn every_threshold_is_used() {
        assert_eq!(
            parse("outbound_day > a", "a = 5\nb = 6").unwrap_err(),
            Wrong::Parameters("b is not in the expression.".into())
        );
    }

    #[test]
    fn the_largest_values_of_all_have_an_answer() {
        let text = "3 * outbound_day * requests_day * networks - 1000000000 * outbound_day * bounced_day > a";
        let most = Values(signals::SIGNALS.iter().map(|signal| signal.most).collect());
        assert!(parse(text, "a = 5").expect("right").matches(&most));
    }
}

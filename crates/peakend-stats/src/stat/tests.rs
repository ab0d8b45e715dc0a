//! Every method on a small table with a planted truth, and every refusal.

use super::*;

/// Something like noise between -0.5 and 0.5.
fn wobble(i: u32) -> f64 {
    f64::from((i * 7919 + 104_729) % 1009) / 1009.0 - 0.5
}

fn table(header: &str, rows: u32, row: impl Fn(u32) -> String) -> String {
    (0..rows).fold(format!("{header}\n"), |text, i| text + &row(i) + "\n")
}

fn run(request: &Request, csv: &str) -> Report {
    stat(request, "data.csv", csv).unwrap_or_else(|e| panic!("{e}"))
}

fn refused(request: &Request, csv: &str) -> String {
    match stat(request, "data.csv", csv) {
        Ok(report) => panic!("must be refused:\n{report}"),
        Err(error) => error.to_string(),
    }
}

fn value(report: &Report, line: &str) -> f64 {
    let found = report.lines.iter().find(|l| l.name == line).unwrap_or_else(|| panic!("no `{line}` in\n{report}"));
    found.value.unwrap_or(f64::NAN)
}

/// Twelve towns over 20 months; the first is a mix of the second and third, and
/// rises by 4 from month 15 on, where it is marked.
fn towns() -> String {
    let course = |town: u32, month: u32| {
        let (a, b) = (f64::from(town * 7 % 11), f64::from(town * 5 % 13));
        30.0 + a * (f64::from(month) * 0.7).sin() + b * (f64::from(month) * 0.3).cos() + 0.2 * wobble(town * 31 + month)
    };
    table("town,month,sales,campaign", 240, |i| {
        let (town, month) = (i / 20, i % 20);
        let on = town == 0 && month >= 15;
        let own = 0.5 * course(1, month) + 0.5 * course(2, month) + if on { 4.0 } else { 0.0 };
        let sales = if town == 0 { own } else { course(town, month) };
        format!("t{town},{}-{:02},{sales},{}", 2025 + month / 12, month % 12 + 1, u8::from(on))
    })
}

fn town_request() -> Request {
    let request = Request::of("synthetic").with(Role::Y, ["sales"]).with(Role::Unit, ["town"]);
    request.with(Role::Time, ["month"]).with(Role::Treated, ["campaign"])
}

#[test]
fn one_treated_unit_is_set_beside_its_twin() {
    let report = run(&town_request(), &towns());
    assert!((value(&report, "average effect") - 4.0).abs() < 0.3, "{report}");
    assert!((value(&report, "weight of t1") - 0.5).abs() < 0.1, "{report}");
    assert!(value(&report, "gap in 2026-08") > 3.0 && report.title.contains("2026-04"), "{report}");
    assert!(report.words[1].ends_with("number 1 of 12."), "{report}");
    // twelve units cannot give a p below 0.05
    assert!(report.words[0].starts_with("No detectable effect"), "{report}");
    let two = towns().replace(",0\n", ",1\n");
    assert!(refused(&town_request(), &two).contains("column `campaign` is constant"), "all rows marked");
    let plain = towns();
    let all = plain
        .lines()
        .map(|l| if l.starts_with("t0") { format!("{},1\n", &l[..l.len() - 2]) } else { format!("{l}\n") });
    let all: String = all.collect();
    assert!(refused(&town_request(), &all).contains("--at"), "no first period");
    let at = town_request().options(Options { at: Some("2026-04".into()), ..Options::default() });
    assert_eq!(value(&run(&at, &all), "average effect"), value(&report, "average effect"));
}

#[test]
fn a_series_is_set_against_the_course_its_controls_foretell() {
    let csv = |lift: f64| {
        table("day,visits,news,rain", 80, |i| {
            let (news, rain) = (50.0 + 8.0 * wobble(i * 3), 5.0 * wobble(i * 7 + 1));
            let visits = 20.0 + 2.0 * news + if i >= 60 { lift } else { 0.0 } + 2.0 * wobble(i * 11 + 5);
            format!("{i},{visits},{news},{rain}")
        })
    };
    let at = Options { at: Some("60".into()), ..Options::default() };
    let request = Request::of("causal").with(Role::Y, ["visits"]).with(Role::X, ["news", "rain"]);
    let request = request.with(Role::Time, ["day"]).options(at);
    let report = run(&request, &csv(5.0));
    assert!((value(&report, "average effect") - 5.0).abs() < 0.6, "{report}");
    assert!((value(&report, "coefficient of news") - 2.0).abs() < 0.3, "{report}");
    assert!(report.words[0].starts_with("After the change visits was above its course by"), "{report}");
    assert!(run(&request, &csv(0.0)).words[0].starts_with("No detectable change of visits"), "nothing planted");
    let short = Options { at: Some("4".into()), ..Options::default() };
    assert!(refused(&request.options(short), &csv(0.0)).contains("too short"), "too little before");
}

/// 60 customers of three regions who answer alike.
fn answers() -> String {
    table("who,nps,region,w", 60, |i| {
        format!("c{i},{},{},{}", [10, 9, 8, 6][i as usize % 4], ["n", "s", "w"][i as usize % 3], 1 + i % 2)
    })
}

fn shops(rows: u32) -> String {
    // shop i / 8, month i % 8: sales rise by 2 per point and by 5 in treated shops from May on
    table("shop,month,score,treat,since,sales,region", rows, |i| {
        let (shop, month) = (i / 8, i % 8);
        let (score, treated) = ((i * 7 + month * month) % 11, shop % 2);
        let since = if treated == 1 { "2026-05" } else { "never" };
        let lift = if treated == 1 && month >= 4 { 5.0 } else { 0.0 };
        let sales = f64::from(2 * score + 3 * shop + month) + lift + wobble(i);
        format!("s{shop},2026-{:02},{score},{treated},{since},{sales},{}", month + 1, ["n", "s"][shop as usize % 2])
    })
}

fn shop_request(method: &str) -> Request {
    Request::of(method).with(Role::Y, ["sales"]).with(Role::Unit, ["shop"]).with(Role::Time, ["month"])
}

#[test]
fn nps_is_shown_whole_by_group_and_weighted() {
    let request = Request::of("nps").with(Role::Y, ["nps"]).with(Role::Group, ["region"]);
    let report = run(&request, &answers());
    assert_eq!((value(&report, "all"), report.lines.len()), (25.0, 4));
    let weighted = run(&request.with(Role::Weight, ["w"]), &answers());
    assert!(weighted.lines[0].note.starts_with("counts as"));
}

#[test]
fn a_group_too_small_is_withheld_while_the_others_stand() {
    let csv = answers() + "c60,10,tiny,1\n";
    let report = run(&Request::of("nps").with(Role::Y, ["nps"]).with(Role::Group, ["region"]), &csv);
    let tiny = report.lines.iter().find(|l| l.name == "tiny").unwrap();
    assert_eq!((tiny.value, tiny.note.as_str()), (None, "too few rows: 1 usable, at least 5 are needed"));
}

#[test]
fn two_like_groups_differ_by_nothing_detectable_and_the_words_say_what_could_have_been_seen() {
    let csv =
        table("nps,wave", 400, |i| format!("{},{}", [10, 9, 8, 6][i as usize / 2 % 4], ["new", "old"][i as usize % 2]));
    let mut request = Request::of("compare").with(Role::Y, ["nps"]).with(Role::Group, ["wave"]);
    request.options.measure = Measure::Nps;
    let report = run(&request, &csv);
    assert_eq!(value(&report, "new less old"), 0.0);
    let words = &report.words[0];
    assert!(
        words.starts_with("No detectable difference between new and old; the smallest we could have seen is 2"),
        "{words}"
    );
    assert!(words.ends_with(" points."), "{words}");
}

#[test]
fn means_and_shares_of_two_groups_are_compared() {
    let csv = table("spend,paid,arm", 80, |i| {
        let b = i % 2;
        format!("{},{},{}", 10.0 + f64::from(b) * 3.0 + wobble(i), u32::from(i % 4 < 2 + b), ["a", "b"][b as usize])
    });
    let request = Request::of("compare").with(Role::Y, ["spend"]).with(Role::Group, ["arm"]);
    assert!(run(&request, &csv).words[0].starts_with("a is lower than b by "));
    let mut share = request.with(Role::Y, ["paid"]);
    share.options.measure = Measure::Share;
    assert!(run(&share, &csv).words[0].ends_with(" percentage points."));
    assert_eq!(value(&run(&share, &csv), "a less b"), 0.0);
}

#[test]
fn drivers_are_ranked_by_their_share() {
    let csv = table("speed,staff,renewal", 120, |i| {
        let (a, b) = (f64::from(i * 7 % 11), f64::from(i * 5 % 13));
        format!("{a},{b},{}", 3.0 * a + b + 6.0 * wobble(i))
    });
    let request = Request::of("drivers").with(Role::Y, ["renewal"]).with(Role::X, ["staff", "speed"]);
    let report = run(&request, &csv);
    assert_eq!(report.lines[1].name, "speed");
    assert!(report.words[0].contains("the strongest is speed"));
}

#[test]
fn a_panel_finds_the_slope_within_units() {
    let report = run(&shop_request("panel").with(Role::X, ["score"]), &shops(320));
    assert!((value(&report, "score") - 2.0).abs() < 0.2, "{report}");
    assert!(report.words[0].starts_with("One more of score goes with sales higher by 2"), "{report}");
}

#[test]
fn linkage_quotes_the_figure_per_point() {
    let report = run(&shop_request("linkage").with(Role::X, ["score"]), &shops(320));
    assert!((value(&report, "within customers and periods") - 2.0).abs() < 0.2, "{report}");
}

#[test]
fn a_change_among_treated_shops_is_found_from_its_month_on() {
    let mut request = shop_request("did").with(Role::Treated, ["treat"]);
    request.options.at = Some("2026-05".to_owned());
    let report = run(&request, &shops(320));
    assert!((value(&report, "effect") - 5.0).abs() < 2.0, "{report}");
    assert!(report.words.iter().any(|w| w.starts_with("Before the change the trends did not differ")), "{report}");
}

#[test]
fn a_roll_out_is_read_from_months_or_from_marks() {
    let named = run(&shop_request("staggered").with(Role::Treated, ["since"]), &shops(320));
    assert!((value(&named, "effect") - 5.0).abs() < 2.5, "{named}");
    assert!(named.lines.iter().any(|l| l.name == "treated from 2026-05"));
    let csv = shops(320);
    let marked = csv.lines().map(|line| {
        let month = line.split(',').nth(1).unwrap_or_default();
        let mark = if line.contains(",never,") || month < "2026-05" { "0" } else { "1" };
        format!("{line},{}\n", if month == "month" { "on" } else { mark })
    });
    let marked = run(&shop_request("staggered").with(Role::Treated, ["on"]), &marked.collect::<String>());
    assert_eq!(value(&marked, "effect"), value(&named, "effect"));
}

#[test]
fn a_unit_twice_in_a_period_is_refused_by_line() {
    let csv = shops(320) + "s0,2026-01,3,0,never,9,n\n";
    let found = refused(&shop_request("staggered").with(Role::Treated, ["since"]), &csv);
    assert!(
        found.starts_with("table `data.csv`, line 322, column `month`: cannot read `2026-01` as a period seen once"),
        "{found}"
    );
}

#[test]
fn trends_that_differ_before_a_change_leave_no_effect_to_claim() {
    let csv = table("shop,month,treat,sales", 320, |i| {
        let (shop, month) = (i / 8, i % 8);
        format!("s{shop},{month},{},{}", shop % 2, f64::from(3 * (shop % 2) * month) + wobble(i))
    });
    let mut request = shop_request("did").with(Role::Treated, ["treat"]);
    request.options.at = Some("4".to_owned());
    let report = run(&request, &csv);
    assert!(report.words[0].starts_with("No effect can be claimed"), "{report}");
}

#[test]
fn one_series_drops_after_its_change() {
    let csv =
        table("calls,week", 60, |i| format!("{},{}", 40.0 - f64::from(u8::from(i >= 40)) * 6.0 + wobble(i), i + 1));
    let mut request = Request::of("interrupted").with(Role::Y, ["calls"]).with(Role::Time, ["week"]);
    request.options.at = Some("41".to_owned());
    let report = run(&request, &csv);
    assert!((value(&report, "average effect") + 6.0).abs() < 0.6, "{report}");
    assert_eq!(value(&report, "points after"), 20.0);
    request.columns.remove(&Role::Time);
    assert_eq!(run(&request, &csv).lines, report.lines);
}

#[test]
fn an_experiment_and_a_comparison_of_the_like_find_what_was_planted() {
    let csv = table("new,before,spend", 200, |i| {
        let (new, before) = (i % 2, f64::from(i / 2 % 17));
        format!("{new},{before},{}", 2.0 * before + 5.0 * f64::from(new) + 4.0 * wobble(i))
    });
    for (method, line) in [("cuped", "effect, adjusted"), ("matching", "effect on the treated, doubly robust")] {
        let request =
            Request::of(method).with(Role::Y, ["spend"]).with(Role::Treated, ["new"]).with(Role::X, ["before"]);
        let report = run(&request, &csv);
        assert!((value(&report, line) - 5.0).abs() < 0.6, "{report}");
    }
}

#[test]
fn survival_shows_curves_their_test_and_hazards() {
    let csv = table("weeks,left,plan,age", 120, |i| {
        let gold = i % 2;
        format!(
            "{},{},{},{}",
            2 + (i * 13) % (12 + 12 * gold),
            u8::from(i % 5 != 0),
            ["basic", "gold"][gold as usize],
            20 + i * 7 % 40
        )
    });
    let request = Request::of("survival")
        .with(Role::Time, ["weeks"])
        .with(Role::Event, ["left"])
        .with(Role::Group, ["plan"])
        .with(Role::X, ["plan", "age"]);
    let report = run(&request, &csv);
    assert!(value(&report, "hazard ratio of plan=gold") < 1.0, "{report}");
    assert!(report.words.iter().any(|w| w.starts_with("The groups differ (log-rank p")), "{report}");
}

#[test]
fn raking_needs_totals_and_gives_weights() {
    let mut request = Request::of("raking").with(Role::X, ["region"]).with(Role::Y, ["nps"]);
    assert!(refused(&request, &answers()).contains("needs --targets"));
    request.options.targets = Some(r#"{"region": {"n": 50, "s": 30, "w": 20}}"#.to_owned());
    let report = run(&request, &answers());
    assert_eq!(report.detail["weights"].as_array().map(Vec::len), Some(60));
    request.options.targets = Some(r#"{"region": {"n": 50, "s": 30}}"#.to_owned());
    assert!(refused(&request, &answers()).contains("cannot read `w` as a category of the targets"));
}

#[test]
fn charts_name_the_periods_that_stand_out() {
    let csv = table("day,score,k,n", 24, |i| {
        let out = u32::from(i == 22);
        format!("{},{},{},{}", i + 1, 50.0 + wobble(i) + 9.0 * f64::from(out), 10 + i % 3 + 20 * out, 60)
    });
    let values = run(&Request::of("chart").with(Role::Y, ["score"]).with(Role::Time, ["day"]), &csv);
    assert_eq!(values.words[0], "Signal, outside the limits: 23.");
    let shares = run(&Request::of("chart").with(Role::Y, ["k"]).with(Role::N, ["n"]), &csv);
    assert_eq!(shares.words[0], "Signal, outside the limits (by chance alone): row 23.");
}

#[test]
fn days_of_one_month_are_charted_in_order_of_their_date() {
    let csv = table("day,score", 24, |i| {
        format!("2026-05-{:02},{}", 24 - i, 50.0 + wobble(i) + 9.0 * f64::from(u8::from(i == 1)))
    });
    let report = run(&Request::of("chart").with(Role::Y, ["score"]).with(Role::Time, ["day"]), &csv);
    assert_eq!(report.words[0], "Signal, outside the limits: 2026-05-23.");
}

#[test]
fn an_index_is_built_from_its_constructs() {
    let csv = table("q1,q2,q3,q4", 150, |i| {
        let base = i * 7 % 5 + 2;
        format!("{},{},{},{}", base + i % 2, base + i / 2 % 3, base + i / 3 % 2, base + i / 5 % 3)
    });
    let mut request = Request::of("csi");
    request.options.model = Some("Trust=q1,q2; Stay=q3,q4; Trust>Stay".to_owned());
    assert!(refused(&request, &csv).contains("csi needs --scale"));
    request.options.scale = Some((1.0, 10.0));
    let report = run(&request, &csv);
    assert!(value(&report, "Trust to Stay") > 0.5, "{report}");
    request.options.model = Some("Trust=q1,q2; Trust>Stay".to_owned());
    assert!(refused(&request, &csv).contains("`Stay` has no columns"));
}

#[test]
fn missing_columns_are_refused_with_the_columns_there_are() {
    let request = Request::of("nps").with(Role::Y, ["answer"]);
    let text = "table `data.csv` has no column `answer`; it has who, nps, region, w";
    assert_eq!(refused(&request, &answers()), text);
    let text = refused(&Request::of("linkage").with(Role::Y, ["sales"]), &shops(80));
    assert_eq!(
        text,
        "linkage needs --x (score of the same period, one column); \
         the table has the columns shop, month, score, treat, since, sales, region"
    );
    let json = stat(&request, "data.csv", &answers()).unwrap_err().to_json();
    assert_eq!(json["refused"], "missing_column");
}

#[test]
fn methods_and_roles_that_do_not_exist_are_refused_with_those_that_do() {
    assert!(refused(&Request::of("kriging"), &answers()).contains("there are nps, compare, drivers"));
    let request = Request::of("nps").with(Role::Y, ["nps"]).with(Role::Event, ["w"]);
    assert_eq!(refused(&request, &answers()), "nps does not read --event; it reads --y, --group, --weight");
    let request = Request::of("nps").with(Role::Y, ["nps", "w"]);
    assert_eq!(refused(&request, &answers()), "--y names 2 columns, and nps reads one");
}

#[test]
fn constant_columns_are_refused_by_name() {
    let csv = table("x,y", 60, |i| format!("{i},5"));
    let request = Request::of("drivers").with(Role::Y, ["y"]).with(Role::X, ["x"]);
    let text = "column `y` is constant: 60 rows, all `5`; at least two different values are needed";
    assert_eq!(refused(&request, &csv), text);
    // the arm of a shop never changes within it
    let text = refused(&shop_request("panel").with(Role::X, ["treat"]), &shops(80));
    assert!(text.starts_with("column `treat` never changes within a `shop`"), "{text}");
    let all = table("y,t,x", 60, |i| format!("{i},1,{}", i * 7 % 5));
    let request = Request::of("cuped").with(Role::Y, ["y"]).with(Role::Treated, ["t"]).with(Role::X, ["x"]);
    assert!(refused(&request, &all).starts_with("column `t` is constant: 60 rows, all `1`"));
}

#[test]
fn too_few_rows_are_refused_with_what_it_takes() {
    let csv = table("x,y", 12, |i| format!("{},{}", i * 5 % 7, i));
    let request = Request::of("drivers").with(Role::Y, ["y"]).with(Role::X, ["x"]);
    assert_eq!(refused(&request, &csv), "too few rows: 12 usable, at least 50 are needed");
    assert!(refused(&request, "x,y\n").contains("has a header and no row"));
    let json = stat(&request, "data.csv", &csv).unwrap_err().to_json();
    assert_eq!((json["have"].as_f64(), json["need"].as_f64()), (Some(12.0), Some(50.0)));
}

#[test]
fn infinities_are_refused_by_line_and_column() {
    for text in ["inf", "-inf", "1e999"] {
        let csv = answers().replacen("c3,6,", &format!("c3,{text},"), 1);
        let found = refused(&Request::of("nps").with(Role::Y, ["nps"]), &csv);
        assert!(found.starts_with(&format!("line 5, column `nps`: `{text}` is not a finite number")), "{found}");
    }
}

#[test]
fn a_cluster_per_row_is_refused() {
    let request = shop_request("panel").with(Role::X, ["score"]).with(Role::Cluster, ["sales"]);
    let found = refused(&request, &shops(80));
    assert!(found.starts_with("column `sales` has a cluster per row: 80 rows, 80 clusters"), "{found}");
    // units seen once are the same fault
    let once = shop_request("did").with(Role::Unit, ["sales"]).with(Role::Treated, ["treat"]);
    assert!(refused(&once, &shops(80)).contains("has a cluster per row"));
}

#[test]
fn a_change_that_cannot_be_placed_is_refused_with_the_periods_there_are() {
    let mut request = shop_request("did").with(Role::Treated, ["treat"]);
    let need = "did needs --at, the first period after the change; `month` runs from 2026-01 to 2026-08";
    assert_eq!(refused(&request, &shops(80)), need);
    request.options.at = Some("2027-01".to_owned());
    assert!(refused(&request, &shops(80)).starts_with("did needs --at with periods before it"));
}

#[test]
fn units_that_change_arms_and_more_than_two_groups_are_refused() {
    let csv =
        shops(80).replacen("s1,2026-01,8,1,", "s1,2026-01,8,0,", 1).replacen("s0,2026-02,8,0,", "s0,2026-02,8,1,", 1);
    let mut request = shop_request("did").with(Role::Treated, ["treat"]);
    request.options.at = Some("2026-05".to_owned());
    assert!(refused(&request, &csv).contains("the same arm in all periods of a unit"));
    let request = Request::of("compare").with(Role::Y, ["nps"]).with(Role::Group, ["region"]);
    assert_eq!(refused(&request, &answers()), "column `region` has 3 groups (n, s, w); compare needs 2");
}

#[test]
fn the_list_names_every_method_with_its_roles() {
    let list = method_list();
    assert!(METHODS.iter().all(|m| list.contains(m.name)));
    assert!(list.contains("* --unit     customer"), "{list}");
}

/// The page shows what the methods really say of the tables beside it.
#[test]
fn the_worked_examples_of_the_page_are_real() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let read = |path: &str| std::fs::read_to_string(root.join(path)).unwrap();
    let mut compare = Request::of("compare").with(Role::Y, ["nps"]).with(Role::Group, ["channel"]);
    compare.options.measure = Measure::Nps;
    let mut did = Request::of("did")
        .with(Role::Y, ["satisfaction"])
        .with(Role::Unit, ["branch"])
        .with(Role::Time, ["month"])
        .with(Role::Treated, ["new_queue"]);
    did.options.at = Some("2026-06".to_owned());
    let page = read("docs/stat.md");
    assert!(page.contains(&method_list()), "docs/stat.md does not show:\n{}", method_list());
    for (request, file) in [(compare, "examples/stat/answers.csv"), (did, "examples/stat/branches.csv")] {
        let report = stat(&request, file, &read(file)).unwrap().to_string();
        assert!(page.contains(&report), "docs/stat.md does not show:\n{report}");
    }
}

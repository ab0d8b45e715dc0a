//! Files as they come from spreadsheets.
use super::*;
use proptest::prelude::*;

fn cells(bytes: &[u8]) -> Vec<Vec<String>> {
    let sheet = Sheet::open(bytes, None).unwrap();
    sheet.rows().map(|r| r.cells.iter().map(str::to_owned).collect()).collect()
}

#[test]
fn a_file_reads_the_same_in_each_encoding_and_with_each_separator() {
    let text = "编号,评价\n1,\"服务好,很快\"\n2,网点排队太久\n";
    let (gb, _, _) = encoding_rs::GB18030.encode(text);
    let bom = [b"\xef\xbb\xbf", text.as_bytes()].concat();
    let expected = cells(text.as_bytes());
    assert_eq!(expected, [["1", "服务好,很快"], ["2", "网点排队太久"]]);
    assert_eq!(cells(&gb), expected);
    assert_eq!(cells(&bom), expected);
    assert_eq!(Sheet::open(&gb, None).unwrap().encoding, Encoding::Gb18030);
    assert_eq!(cells(text.replace("\"服务好,很快\"", "服务好").replace(',', "\t").as_bytes())[0], ["1", "服务好"]);
    assert_eq!(cells(b"a;b\r\n1;2\r\n"), [["1", "2"]]);
}

#[test]
fn another_encoding_is_refused_with_line_and_byte() {
    let fault = |bytes: &[u8]| Sheet::open(bytes, None).map(|_| ()).unwrap_err();
    let latin = fault(b"id,text\n1,caf\xe9 ferm\xe9 pour r\xe9novation\n");
    assert_eq!((latin.code.as_str(), latin.path.as_str()), ("unknown_encoding", "line 2, byte 14"));
    assert_eq!(fault(b"\xff\xfea\0b\0").code, "utf_16");
    assert_eq!(fault(b"a,b\n1,\0\n").path, "line 2, byte 7");
    assert_eq!(fault(b"").code, "empty_file");
    assert_eq!(fault(b"a,b,a\n").code, "column_twice");
}

#[test]
fn a_row_of_the_wrong_shape_names_its_line() {
    let sheet = Sheet::open(b"a,b\n1,2\n\n3\n\"4,5\n6,7\n", None).unwrap();
    let faults: Vec<_> = sheet.rows().map(|r| (r.number, r.line, sheet.fault(&r).map(|f| f.0))).collect();
    assert_eq!(faults, [(2, 2, None), (3, 4, Some("cell_count")), (4, 5, Some("open_quote"))]);
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        match Sheet::open(&bytes, None) {
            Ok(sheet) => drop(sheet.rows().map(|r| sheet.fault(&r)).collect::<Vec<_>>()),
            Err(fault) => prop_assert!(fault.path.starts_with("line") || fault.path == "file"),
        }
    }

    #[test]
    fn what_a_writer_quotes_the_reader_gives_back(rows in proptest::collection::vec(("[^\0\r]{1,12}", "[^\0\r]{1,12}"), 1..8)) {
        let mut writer = csv::WriterBuilder::new().quote_style(csv::QuoteStyle::Always).from_writer(Vec::new());
        writer.write_record(["a", "b"]).unwrap();
        for (a, b) in &rows {
            writer.write_record([a, b]).unwrap();
        }
        let expected: Vec<Vec<String>> = rows.into_iter().map(|(a, b)| vec![a, b]).collect();
        prop_assert_eq!(cells(&writer.into_inner().unwrap()), expected);
    }
}

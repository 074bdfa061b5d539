import FoundationEssentials
import Testing
import TrackCore
import TrackEvaluators

@Suite struct CSVTests {
    private func read(
        _ text: String, label: String = "table", columns: [String: CSVMeaning] = [:], aggregation: Aggregation = .tokenWeighted
    ) async throws -> ReportedTable {
        let folder = try TemporaryFolder()
        let path = try folder.write("table.csv", text)
        return try await ResultFiles.read(
            [path], format: .csv, ResultOptions(label: label, aggregation: aggregation, columns: columns))
    }

    private func fields(_ text: String) -> [[String]] { CSVReader.records(Array(text.utf8)).map(\.fields) }

    @Test("quotation marks, doubled ones, line feeds in them, and every line end")
    func grammar() {
        let quoted = fields("a,b\r\n\"x,\"\"1\"\"\",\"two\nlines\"\r3,\n\n4,5")
        #expect(quoted == [["a", "b"], ["x,\"1\"", "two\nlines"], ["3", ""], ["4", "5"]])
        #expect(fields("\u{feff}a;b,c;d\n1,5;2;3") == [["a", "b,c", "d"], ["1,5", "2", "3"]])
        #expect(fields("\"a,b,c\";d\n1;2") == [["a,b,c", "d"], ["1", "2"]])
        #expect(fields("a\tb\n1\t2") == [["a", "b"], ["1", "2"]])
        #expect(CSVReader.records(Array("a,b\n\"x\ny\",1\n2,3".utf8)).map(\.line) == [1, 2, 4])
        #expect(fields("").isEmpty && fields("\n\r\n").isEmpty)
    }

    @Test("a record that two readers could understand differently is marked")
    func faults() {
        for text in ["\"a\"b,c", "a\"b,c", "\"a,b", "a,\u{0}"] {
            #expect(CSVReader.records(Array(text.utf8)).contains { $0.fault != nil }, "\(text.debugDescription)")
        }
        #expect(CSVReader.records([0xff, 0x2c, 0x61]).first?.fault == "is not valid UTF-8 text")
    }

    @Test("pieces of any length give the records of the whole")
    func pieces() {
        let text = "\u{feff}a;b\r\n\"x;\"\"1\"\"\";\"two\r\nlines\"\n\r\n3;\r\"bad\"b;4\n5\"6;7;8\n9;\"never"
        let bytes = Array(text.utf8)
        let whole = CSVReader.records(bytes)
        #expect(whole.count == 6 && whole.map(\.line) == [1, 2, 5, 6, 7, 8])
        for length in 1...bytes.count {
            var reader = CSVReader(limit: 1 << 20)
            var found: [CSVRecord] = []
            for start in stride(from: 0, to: bytes.count, by: length) {
                bytes[start..<min(start + length, bytes.count)].withUnsafeBytes { reader.append($0) }
                found += reader.take()
            }
            reader.finish()
            #expect(found + reader.take() == whole, "pieces of \(length)")
        }
    }

    @Test("a record over the limit is named and not held, and what follows it is read")
    func long() {
        let long = String(repeating: "x", count: 40)
        for text in ["a,b\n1,\(long)\n2,3", "a,b\n\"1\n\",\"\(long)\"\n2,3"] {
            let records = CSVReader.records(Array(text.utf8), limit: 20)
            #expect(records.map(\.fields) == [["a", "b"], [], ["2", "3"]])
            #expect(records[1].fault == "has more than 20 bytes, or a quotation mark that is never closed")
        }
        #expect(CSVReader.records(Array(long.utf8), limit: 20).map(\.fields) == [[]])
        #expect(CSVReader.records(Array("\"\(long)\n1,2\n".utf8), limit: 20).count == 1)
    }

    @Test("a row is a checkpoint's number of a domain, under what its source states")
    func rows() async throws {
        let table = try await read(
            """
            model,role,text_format,domain,step,perplexity,tokens,bytes
            org/base,baseline,raw,sft-data,0,10,100,400
            org/tuned,fine-tuned,raw,sft-data,60,5,,
            org/tuned,fine-tuned,assistant-only,sft-data,60,4,0,
            """, aggregation: .documentWeighted)
        #expect(table.skipped.isEmpty)
        #expect(table.runs.map(\.key.checkpoint.label) == ["org/base", "org/tuned", "org/tuned"])
        #expect(table.runs.map(\.isBaseline) == [true, false, false])
        let statements = table.runs.map(\.key.scoring.statement)
        #expect(statements.suffix(2) == ["as reported, text format raw", "as reported, text format assistant-only"])
        #expect(table.runs.allSatisfy { $0.key.aggregation == .documentWeighted && $0.key.scoring.unit == .token })
        let first = try #require(table.runs.first?.domains.first)
        #expect(first.domain.description == "sft-data/sft-data")
        #expect(abs(first.meanNLL - 2.302_585_092_994_046) < 1e-15 && first.tokens == 100 && first.bytes == 400)
        #expect(table.runs[2].domains[0].tokens == nil)
    }

    @Test(
        "numbers of other units keep their unit",
        arguments: [
            ("bits_per_byte", "2", StatedProtocol.Unit.byte, 1.386_294_361_119_890_6), ("ppl_byte", "2", .byte, 0.693_147_180_559_945_3),
            ("word_perplexity", "1", .word, 0), ("loss", "2.5", .token, 2.5), ("PPL Token", "inf", .token, .infinity),
        ])
    func units(_ column: String, _ text: String, _ unit: StatedProtocol.Unit, _ mean: Double) async throws {
        let table = try await read("domain,\(column)\na/b,\(text)")
        let run = try #require(table.runs.first)
        #expect(run.key.scoring.unit == unit && run.key.checkpoint.label == "table")
        #expect(run.domains == [DomainSummary(domain: try #require(DomainName("a/b")), meanNLL: mean)])
    }

    @Test(
        "what is no number of a perplexity is named with its line and column, and the rest goes on",
        arguments: [
            ("\"6,82\"", "comma"), ("0.5", "no perplexity is below 1"), ("nan", "not a number"), ("", "empty"), ("1e999", "too large"),
            ("0x10", "is not a number"), ("-inf", "below 1"), ("6.8 ppl", "is not a number"),
        ])
    func bad(_ text: String, _ reason: String) async throws {
        let table = try await read("domain,ppl\na,\(text)\nb,2")
        #expect(table.runs.first?.domains.map(\.domain.description) == ["b/b"])
        let skipped = try #require(table.skipped.first)
        #expect(table.skipped.count == 1 && skipped.place.hasSuffix("table.csv:2") && skipped.field == "ppl")
        #expect(skipped.reason.contains(reason), "\(skipped.reason)")
    }

    @Test("a second number of a domain is named, whether it says the same or not, and the first one counts")
    func duplicates() async throws {
        let table = try await read("model,domain,ppl\nm,a,2\nm,a,2\nm,a,3\nn,a,4\nm,b,2,9\nm,a b,1\nm,///,2")
        #expect(table.runs.map { $0.domains.map(\.meanNLL.description) } == [["0.6931471805599453", "0.0"], ["1.3862943611198906"]])
        #expect(table.skipped.map { $0.place.suffix(2) } == [":3", ":4", ":6", ":8"])
        #expect(table.skipped[0].reason.contains("with the same value") && table.skipped[1].reason.contains("another value"))
        #expect(table.skipped[2].reason == "has 4 values where the first line names 3 columns")
    }

    @Test(
        "numbers of other kinds have bounds of their own, and counts are whole",
        arguments: [
            ("bpb", "-0.1", "fewer than 0 bits"), ("nll", "-2", "no mean NLL is below 0"), ("tokens,ppl", "1.5,2", "not a whole number"),
            ("tokens,ppl", "-1,2", "not a whole number"), ("bytes,ppl", "x,2", "not a number"),
        ])
    func bounds(_ columns: String, _ values: String, _ reason: String) async throws {
        let table = try await read("domain,\(columns)\na,\(values)\nb,\(values.contains(",") ? "5,2" : "1")")
        #expect(table.runs.first?.domains.map(\.domain.description) == ["b/b"])
        #expect(table.skipped.count == 1 && table.skipped.first?.reason.contains(reason) == true, "\(table.skipped)")
        #expect(table.skipped.first?.field == columns.split(separator: ",").first.map(String.init))
    }

    @Test("a row that says how it was made in words that cannot be understood is named, and tables made otherwise are other runs")
    func manner() async throws {
        let table = try await read(
            """
            domain,aggregation,date,format,ppl
            a,token-weighted,2026-11-21,raw,2
            a,Document_Weighted,2026-11-21T10:00:00Z,raw,3
            b,mean,2026-11-21,raw,2
            c,token-weighted,yesterday,raw,2
            d,token-weighted,2026-11-21,\(String(repeating: "x", count: 2000)),2
            """)
        #expect(table.runs.map(\.key.aggregation) == [.tokenWeighted, .documentWeighted])
        #expect(table.runs.map { $0.domains.map(\.domain.description) } == [["a/a"], ["a/a"]])
        #expect(table.runs.map(\.evaluatedAt.description) == ["2026-11-21T00:00:00.000Z", "2026-11-21T10:00:00.000Z"])
        #expect(table.skipped.map(\.field) == ["aggregation", "date", "format"])
        #expect(table.skipped.map { $0.place.suffix(2) } == [":4", ":5", ":6"])
    }

    @Test("columns are known by name or by what a person says; too few are refused with their names")
    func columns() async throws {
        let table = try await read("wo,was,ppl,bpb\na,2,3,4", columns: ["wo": .domain, "was": .perplexity, "ppl": .ignore])
        #expect(table.runs.first?.domains.first?.meanNLL == 0.693_147_180_559_945_3)
        #expect(table.notes == ["table.csv: not read: ppl, bpb."])
        for (text, word) in [
            ("domain,x\na,1", "perplexity"), ("x,ppl\na,1", "domain"), ("domain,subdomain,ppl\na,b,2", "two columns"), ("", "empty"),
        ] {
            let error = await #expect(throws: ResultFileError.self) { try await read(text) }
            #expect(error?.description.contains(word) == true, "\(text): \(error?.description ?? "")")
        }
        await #expect(throws: ResultFileError.self) { try await read("domain,ppl\na,1", columns: ["none": .domain]) }
    }

    @Test("names that no path can hold are spelled anew, and said so")
    func names() async throws {
        let table = try await read("source,domain,ppl\nredpajama|dolma-v1_5,common crawl,2\nc4,www.theguardian.com,3")
        #expect(table.runs.first?.domains.map(\.domain.description) == ["redpajama-dolma-v1_5/common-crawl", "c4/www.theguardian.com"])
        #expect(table.notes == ["The source \"redpajama|dolma-v1_5\" is spelled redpajama-dolma-v1_5."])
    }
}

package import TrackCore

/// What a person says about files of results that the files themselves do not say.
package struct ResultOptions: Sendable {
    /// Of the checkpoints, where a file names none.
    package var label: String
    package var step: Int64?
    package var aggregation: Aggregation
    /// What the numbers mean, in words.
    package var statement: String?
    /// Of columns whose names are not known here.
    package var columns: [String: CSVMeaning]

    package init(
        label: String, step: Int64? = nil, aggregation: Aggregation = .tokenWeighted, statement: String? = nil,
        columns: [String: CSVMeaning] = [:]
    ) {
        self.label = label
        self.step = step
        self.aggregation = aggregation
        self.statement = statement
        self.columns = columns
    }
}

/// Tables of separated values: a row per checkpoint and domain.
enum CSVResults {
    static func read(_ file: ResultFile, _ options: ResultOptions, into table: inout ReportedTable) async throws {
        var reader = CSVReader(limit: file.limits.record)
        var columns: CSVColumns?
        func takeReady() throws {
            for record in reader.take() {
                if let columns {
                    take(record, columns, options, file, into: &table)
                } else {
                    columns = try header(record, options, file, into: &table)
                }
            }
        }
        try await file.read { piece in
            reader.append(piece)
            try takeReady()
        }
        reader.finish()
        try takeReady()
        guard columns != nil else { throw ResultFileError.form(file: file.path, reason: "is empty") }
    }

    private static func header(
        _ record: CSVRecord, _ options: ResultOptions, _ file: ResultFile, into table: inout ReportedTable
    ) throws(ResultFileError) -> CSVColumns {
        if let fault = record.fault { throw .header("it \(fault)") }
        let columns = try CSVColumns(record.fields, map: options.columns)
        if !columns.unread.isEmpty { table.note("\(file.name): not read: \(columns.unread.joined(separator: ", ")).") }
        return columns
    }

    private static func take(
        _ record: CSVRecord, _ columns: CSVColumns, _ options: ResultOptions, _ file: ResultFile, into table: inout ReportedTable
    ) {
        let place = "\(file.path):\(record.line)"
        if let fault = record.fault {
            table.skip(at: place, fault)
        } else if record.fields.count != columns.header.count {
            table.skip(at: place, "has \(record.fields.count) values where the first line names \(columns.header.count) columns")
        } else {
            CSVRow(fields: record.fields, columns: columns, options: options, file: file, place: place).read(into: &table)
        }
    }
}

private struct CSVRow {
    let fields: [String]
    let columns: CSVColumns
    let options: ResultOptions
    let file: ResultFile
    let place: String

    func read(into table: inout ReportedTable) {
        do throws(Skip) {
            let (domain, spelled) = try self.domain()
            let value = try number(meaning(of: columns.metric))
            let mean = try taking(columns.metric.meanNLL(value), of: meaning(of: columns.metric))
            let summary = DomainSummary(domain: domain, meanNLL: mean, tokens: try count(.tokens), bytes: try count(.bytes))
            let key = ReportedRun.Key(
                checkpoint: ReportedCheckpoint(
                    label: columns.text(.checkpoint, in: fields) ?? options.label, step: try count(.step) ?? options.step,
                    tokensSeen: try count(.tokensSeen)),
                scoring: StatedProtocol(statement: try statement(), unit: columns.metric.unit), aggregation: try aggregation())
            let source = ReportedTable.Source(
                evaluator: "csv", environment: ["file": file.name], evaluatedAt: try evaluatedAt(),
                isBaseline: ["baseline", "base"].contains(columns.text(.role, in: fields)?.lowercased()))
            table.add(summary, to: key, from: source, at: place)
            if let spelled { table.note(spelled) }
        } catch {
            table.skip(at: place, field: error.field, error.reason)
        }
    }

    private struct Skip: Error {
        let field: String?
        let reason: String
    }

    private func meaning(of metric: ReportedMetric) -> CSVMeaning { CSVMeaning(rawValue: metric.rawValue) ?? .perplexity }

    private func taking<Value>(_ result: Result<Value, UnusableNumber>, of meaning: CSVMeaning) throws(Skip) -> Value {
        switch result {
        case .success(let value): return value
        case .failure(let problem): throw Skip(field: columns.name(meaning), reason: problem.reason)
        }
    }

    private func number(_ meaning: CSVMeaning) throws(Skip) -> Double {
        try taking(TableNumber.read(columns.text(meaning, in: fields) ?? ""), of: meaning)
    }

    /// Nil where the table does not say; a count of 0 says as little.
    private func count(_ meaning: CSVMeaning) throws(Skip) -> Int64? {
        guard let text = columns.text(meaning, in: fields) else { return nil }
        let count = try taking(TableNumber.count(text), of: meaning)
        return count == 0 && (meaning == .tokens || meaning == .bytes) ? nil : count
    }

    private func domain() throws(Skip) -> (DomainName, note: String?) {
        let (source, name) = (columns.text(.source, in: fields), columns.text(.domain, in: fields))
        guard let text = name ?? source else { throw Skip(field: columns.name(.domain), reason: "is empty") }
        guard let domain = ReportedName.domain(source: name == nil ? nil : source, text) else {
            throw Skip(field: columns.name(.domain), reason: "\(text.debugDescription) cannot name a domain: it needs a letter or a digit")
        }
        guard let source, name != nil, source != domain.source else { return (domain, nil) }
        return (domain, "The source \(source.debugDescription) is spelled \(domain.source).")
    }

    private func statement() throws(Skip) -> String {
        let base = options.statement ?? "as reported"
        guard let format = columns.text(.format, in: fields) else { return base }
        let statement = "\(base), \(columns.name(.format).replacing("_", with: " ")) \(format)"
        guard StatedProtocol(statement: statement).isUsable else {
            throw Skip(field: columns.name(.format), reason: StatedProtocol.rule)
        }
        return statement
    }

    private func aggregation() throws(Skip) -> Aggregation {
        guard let text = columns.text(.aggregation, in: fields) else { return options.aggregation }
        guard let aggregation = Aggregation(rawValue: text.lowercased().replacing("_", with: "-")) else {
            throw Skip(
                field: columns.name(.aggregation), reason: "\(text.debugDescription) is neither token-weighted nor document-weighted")
        }
        return aggregation
    }

    private func evaluatedAt() throws(Skip) -> Timestamp {
        guard let text = columns.text(.evaluatedAt, in: fields) else { return file.modified }
        guard let time = Timestamp(text) ?? Timestamp(text + "T00:00:00Z") else {
            throw Skip(field: columns.name(.evaluatedAt), reason: "\(text.debugDescription) is not a time in ISO 8601")
        }
        return time
    }
}

import FoundationEssentials
import TrackCore
import TrackEvaluators

extension ParserProperty {
    /// Files of results from elsewhere: a table, results and samples of lm-evaluation-harness, metrics and predictions of OLMo-Eval.
    static let results = ParserProperty(
        name: "results",
        seeds: { Sample.results.map { Array($0.utf8) } },
        holds: { bytes in
            try await ScratchFolder.with { folder in
                var isAccepted = false
                for (name, format) in [
                    ("t.csv", ResultFormat.csv), ("results.json", .lmEval), ("samples_t_2026.jsonl", .lmEval), ("m.json", .olmoEval),
                    ("p.jsonl", .olmoEval),
                ] {
                    try folder.write(bytes, name)
                    let path = folder.path + "/" + name
                    guard let table = try? await ResultFiles.read([path], format: format, ResultOptions(label: "model")) else { continue }
                    isAccepted = isAccepted || !table.runs.isEmpty
                    for run in table.runs { try check(run) }
                }
                return isAccepted
            }
        })

    /// What a reader takes, the daemon takes.
    private static func check(_ run: ReportedRun) throws {
        try require(run.key.scoring.isUsable, "a protocol that the daemon refuses: \(run.key.scoring.statement.debugDescription)")
        try require(Set(run.domains.map(\.domain)).count == run.domains.count, "a domain is named twice")
        for domain in run.domains {
            try require(!domain.meanNLL.isNaN && domain.meanNLL >= 0, "a mean of \(domain.meanNLL)")
            try require((domain.tokens ?? 1) > 0 && (domain.bytes ?? 1) > 0, "a count of \(domain.tokens ?? 0) or \(domain.bytes ?? 0)")
        }
        try require(!run.domains.isEmpty, "a run without domains")
    }
}

extension Sample {
    static let results = [
        "model,role,text_format,source,domain,step,perplexity,tokens\norg/m,baseline,raw,s,\"a \"\"b\"\"\",10,6.5,100\r\nm;1,,,,,,,\n",
        "\u{feff}domain;loss;aggregation\na;2.5;document-weighted\n",
        #"{"results":{"t":{"byte_perplexity,none":1.9,"word_perplexity":Infinity}},"config":{"model":"hf","model_args":"pretrained=a"},"#
            + #""versions":{"t":1},"n-samples":{"t":{"effective":1}},"date":1795273699.1}"#,
        #"{"doc_id":0,"doc":{"subdomain":"a"},"byte_perplexity":[-21.5,10]}"# + "\n" + #"{"doc_id":1,"doc":{},"byte_perplexity":["-2",1]}"#,
        #"{"metrics":[{"task":"ppl_t","task_options":{"limit":9},"metrics":{"ppl_token_ppl_t_subdomains":{"a":3.5,"b":1e30}}}]}"#,
        #"{"task":"ppl_t","num_instances":1,"instance_predictions":[{"instance":{"subdomain":"a"},"prediction":{"model_output":"#
            + #"{"sum_logits":-9.5,"num_tokens":3,"num_bytes":9}}}]}"#,
    ]
}

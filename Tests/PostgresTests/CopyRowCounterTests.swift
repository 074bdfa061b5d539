import Testing
@testable import Postgres

@Suite struct CopyRowCounterTests {
    private static let text = """
        SET client_encoding = 'UTF8';
        COPY track.lineage (id, name) FROM stdin;
        1\ta
        2\tb\\nCOPY track.fake (id) FROM stdin;
        \\\\.
        \\.


        SELECT pg_catalog.setval('track.lineage_id_seq', 2, true);
        COPY track."order" (id) FROM stdin;
        \\.
        COPY track.empty_line (id) FROM stdin;

        \\.

        """

    @Test("rows are counted by table, however the text is cut into pieces", arguments: [1, 2, 3, 7, 64, 10_000])
    func counts(_ size: Int) {
        var counter = CopyRowCounter()
        let bytes = Array(Self.text.utf8)
        for start in stride(from: 0, to: bytes.count, by: size) {
            Array(bytes[start..<min(start + size, bytes.count)]).withUnsafeBytes { counter.read($0) }
        }
        #expect(counter.rows == ["lineage": 3, "\"order\"": 0, "empty_line": 1])
    }
}

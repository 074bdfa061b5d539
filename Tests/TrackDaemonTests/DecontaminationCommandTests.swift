import FoundationEssentials
import Testing
import TrackClient
import TrackCore

extension DaemonTests {
    /// `track domains add --against` and `track domains decontaminate`, as a person runs them.
    @Suite struct DecontaminationCommandTests {
        private struct Outcome: Decodable {
            /// What of the report the tests look at; all of it is in the unit tests of `Decontaminator`.
            struct Report: Decodable {
                struct Domain: Decodable {
                    let name: DomainName
                    let documentsFound: Int
                }

                let check: Decontamination
                let domains: [Domain]
                let otherFiles: [String]
            }

            let revision: DomainSetRevision
            let created: Bool
            let decontamination: Report?
        }

        private static let licence =
            "Permission is hereby granted, free of charge, to any person obtaining a copy of this software and its documentation files"
        private static let novel = "It was the best of times, it was the worst of times, it was the age of wisdom and of foolishness"
        private static let recipe = "Beat the eggs with the sugar until the mixture is pale, then fold in the flour a spoonful at a time"

        private let root: String
        private let daemon: RunningDaemon

        /// Held-out text of three domains, one of which a training text can take whole, and a training text.
        init() throws {
            daemon = try Site.here.shared
            root = try Site.here.root + "/against-\(UUID().uuidString.prefix(8))"
            try write("heldout/a/licences/one.txt", "MIT\n\n" + Self.licence)
            try write("heldout/b/novels/one.txt", Self.novel)
            try write("heldout/b/novels/two.txt", "a short one")
            try write("heldout/c/recipes/one.txt", Self.recipe)
            try write("heldout/c/recipes/two.txt", Self.recipe.replacing("eggs", with: "yolks"))
            try write("training/part.jsonl", #"{"text": "something else\n\#(Self.licence)\n"}"# + "\n" + #"{"text": "\#(Self.recipe)"}"#)
            try write("training/binary.parquet", "PAR1")
        }

        private func write(_ name: String, _ text: String) throws {
            let path = root + "/" + name
            let folder = path.split(separator: "/").dropLast().map { "/" + $0 }.joined()
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try Data(text.utf8).write(to: URL(filePath: path))
        }

        private func track(_ words: String...) async throws -> (status: Int32?, outcome: Outcome?, said: String, errors: String) {
            let output = root + "/\(UUID().uuidString).out"
            let program = try Program(
                try Tool.path(of: "track"), words,
                environment: [
                    "PATH": "/usr/bin:/bin", "HOME": daemon.folder.path, "LC_ALL": "C.UTF-8", "TRACK_STATE_FOLDER": daemon.folder.path,
                ], log: root + "/\(UUID().uuidString).log", output: output)
            let status = try await program.ended(within: .seconds(120))
            let said = try Data(contentsOf: URL(filePath: output))
            return (status, try? WireCoding.decode(Outcome.self, from: said), String(decoding: said, as: UTF8.self), program.errors)
        }

        /// Domains with their documents, in the frozen order.
        private func domains(_ revision: DomainSetRevision) -> [String] { revision.domains.map { "\($0.name) \($0.documents)" } }

        private func texts(_ revision: DomainSetRevision) async throws -> Set<String> {
            try await daemon.with { client in
                var texts: Set<String> = []
                try await client.documentLines(of: revision.digest) { document, _ in
                    texts.insert("\(revision.domains[document.domain].name): \(document.content.parts.joined())")
                }
                return texts
            }
        }

        @Test("documents of the training text are left out before the set is made, with domains that they empty, and the check stays with it")
        func drop() async throws {
            let made = try await track(
                "domains", "add", "against-drop", "--from", root + "/heldout", "--against", root + "/training", "--json")
            let outcome = try #require(made.outcome, "\(made.errors)")
            #expect(made.status == 0 && outcome.created)
            #expect(domains(outcome.revision) == ["b/novels 2", "c/recipes 1"])
            #expect(
                try await texts(outcome.revision) == [
                    "b/novels: \(Self.novel)", "b/novels: a short one", "c/recipes: \(Self.recipe.replacing("eggs", with: "yolks"))",
                ])
            let report = try #require(outcome.decontamination)
            #expect(report.check.documents == 5 && report.check.documentsFound == 2 && report.check.documentsUnchecked == 1)
            #expect(report.check.treatment == .drop && report.check.against == [root + "/training"])
            #expect(report.domains.map(\.documentsFound) == [1, 0, 1])
            #expect(report.otherFiles == [root + "/training/binary.parquet"])
            #expect(try await daemon.with { try await $0.revisions(of: "against-drop") }.first?.decontaminations == [report.check])
            let shown = try await track("domains", "show", "against-drop")
            #expect(
                shown.said.contains("G1 decontamination: 2 of 5 documents found and dropped in \(root)/training"), "\(shown.said)")
        }

        @Test("what is wanted is reached with clean documents: they are looked for before any are chosen")
        func amounts() async throws {
            let made = try await track(
                "domains", "add", "against-amounts", "--from", root + "/heldout", "--bytes-per-domain", "1",
                "--against", root + "/training", "--json")
            let outcome = try #require(made.outcome, "\(made.errors)")
            #expect(domains(outcome.revision) == ["b/novels 1", "c/recipes 1"])
            #expect(try await texts(outcome.revision).contains("c/recipes: \(Self.recipe.replacing("eggs", with: "yolks"))"))
        }

        @Test("with --contaminated keep all documents stay, and the person is told loudly")
        func keep() async throws {
            let made = try await track(
                "domains", "add", "against-keep", "--from", root + "/heldout", "--against", root + "/training", "--contaminated", "keep",
                "--json")
            let outcome = try #require(made.outcome, "\(made.errors)")
            #expect(domains(outcome.revision) == ["a/licences 1", "b/novels 2", "c/recipes 2"])
            #expect(outcome.decontamination?.check.isClean == false)
            let again = try await track(
                "domains", "add", "against-keep", "--from", root + "/heldout", "--against", root + "/training", "--contaminated", "keep")
            #expect(again.said.hasPrefix("KEPT: 2 of 5 documents have a paragraph of the training text"), "\(again.said)")
            #expect(again.said.contains("against-keep@1 is already there") && again.said.contains("binary.parquet"))
        }

        @Test("a set of which nothing would be left is not made")
        func nothing() async throws {
            try write("all/everything.txt", [Self.licence, Self.recipe].joined(separator: "\n"))
            try FileManager.default.removeItem(atPath: root + "/heldout/b")
            try FileManager.default.removeItem(atPath: root + "/heldout/c/recipes/two.txt")
            let made = try await track("domains", "add", "against-all", "--from", root + "/heldout", "--against", root + "/all")
            #expect(made.status == 1 && made.errors.contains("nothing is left to evaluate on. Nothing was sent."), "\(made.errors)")
            let kept = try await track("domains", "add", "against-all", "--from", root + "/heldout", "--json")
            #expect(kept.outcome?.revision.number == 1, "\(kept.errors)")
            let later = try await track("domains", "decontaminate", "against-all", "--against", root + "/all")
            #expect(later.status == 1 && later.errors.contains("Nothing was changed."), "\(later.errors)")
            #expect(try await daemon.with { try await $0.revisions(of: "against-all") }.count == 1)
        }

        @Test("training text that is missing stops everything before anything is sent")
        func missing() async throws {
            let made = try await track("domains", "add", "against-missing", "--from", root + "/heldout", "--against", root + "/none")
            #expect(made.status == 1 && made.errors.contains("There is no training text at \(root)/none."), "\(made.errors)")
            #expect(try await daemon.with { try await $0.domainSets() }.contains { $0.name == "against-missing" } == false)
        }

        @Test("a set that is there is looked for later: found documents leave its next revision, kept ones only its word")
        func later() async throws {
            // Another seed: the same documents in the same order would be another test's set.
            let made = try await track("domains", "add", "later", "--from", root + "/heldout", "--seed", "2", "--json")
            let first = try #require(made.outcome, "\(made.errors)")
            #expect(first.decontamination == nil && first.revision.decontaminations == nil)
            let kept = try await track(
                "domains", "decontaminate", "later", "--against", root + "/training", "--contaminated", "keep", "--json")
            let unchanged = try #require(kept.outcome, "\(kept.errors)")
            #expect(!unchanged.created && unchanged.revision.number == 1)
            #expect(unchanged.revision.decontaminations?.map(\.treatment) == [.keep])
            let dropped = try await track("domains", "decontaminate", "later", "--against", root + "/training", "--json")
            let clean = try #require(dropped.outcome, "\(dropped.errors)")
            #expect(clean.created && clean.revision.number == 2 && clean.revision.decontaminations?.map(\.treatment) == [.drop])
            #expect(domains(clean.revision) == ["b/novels 2", "c/recipes 1"])
            #expect(
                try await texts(clean.revision) == [
                    "b/novels: \(Self.novel)", "b/novels: a short one", "c/recipes: \(Self.recipe.replacing("eggs", with: "yolks"))",
                ])
            let again = try await track("domains", "decontaminate", "later", "--against", root + "/training", "--json")
            #expect(again.outcome?.created == false && again.outcome?.decontamination?.check.documentsFound == 0, "\(again.errors)")
        }
    }
}

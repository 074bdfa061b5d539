/// The numbered SQL files of this folder, embedded in the binary, so that binary and schema cannot disagree.
package enum Migrations {
    package struct File: Sendable {
        /// 1 for the first file.
        package let version: Int
        package let name: String
        package let sql: String
    }

    /// In order.
    package static let all: [File] = [
        file(1, "record", PackageResources._001_record_sql),
        file(2, "jobs", PackageResources._002_jobs_sql),
        file(3, "review", PackageResources._003_review_sql),
        file(4, "access", PackageResources._004_access_sql),
        file(5, "epoch", PackageResources._005_epoch_sql),
        file(6, "storage", PackageResources._006_storage_sql),
        file(7, "documents", PackageResources._007_documents_sql),
        file(8, "effort", PackageResources._008_effort_sql),
        file(9, "reported", PackageResources._009_reported_sql),
        file(10, "freshness", PackageResources._010_freshness_sql),
        file(11, "types", PackageResources._011_types_sql),
        file(12, "evaluator", PackageResources._012_evaluator_sql),
        file(13, "newest", PackageResources._013_newest_sql),
    ]

    private static func file(_ version: Int, _ name: String, _ bytes: [UInt8]) -> File {
        File(version: version, name: name, sql: String(decoding: bytes, as: UTF8.self))
    }
}

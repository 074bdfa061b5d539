import FoundationEssentials

/// `file://` URIs, by which a checkpoint says where it lies.
package enum FileURI {
    /// The URI of an absolute path.
    package static func uri(ofPath path: String) -> String {
        URL(filePath: path, directoryHint: .notDirectory).absoluteString
    }

    /// The absolute path of a `file://` URI on this machine; nil for any other URI.
    package static func path(ofURI uri: String) -> String? {
        guard let url = URL(string: uri), url.scheme == "file", url.host(percentEncoded: false) ?? "" == "" || url.host() == "localhost"
        else {
            return nil
        }
        let path = url.path(percentEncoded: false)
        return path.hasPrefix("/") && !path.utf8.contains(0) ? path : nil
    }
}

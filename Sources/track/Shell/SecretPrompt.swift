import Glibc
import TrackClient

/// Asks for a secret without showing it; from a pipe or a file it is read as it is.
enum SecretPrompt {
    static func read(_ question: String) -> String {
        guard isatty(STDIN_FILENO) == 1 else { return line() }
        StandardStream.error.write(question)
        var settings = termios()
        guard tcgetattr(STDIN_FILENO, &settings) == 0 else { return line() }
        var silent = settings
        silent.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent)
        defer {
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &settings)
            StandardStream.error.write("\n")
        }
        return line()
    }

    private static func line() -> String { (readLine() ?? "").trimmingWhitespace() }
}

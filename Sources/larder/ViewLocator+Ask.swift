import Control

extension ViewLocator.View {
    /// Asks the view's daemon one question.
    ///
    /// - Parameter answer: takes what was asked for out of a response; nil from the answer to another question.
    func ask<Answer>(
        _ request: ControlRequest, _ client: ControlClient,
        answer: (ControlResponse) -> Answer?
    ) throws(CommandError) -> Answer {
        let response: ControlResponse
        do {
            response = try client.ask(request, view: mountPoint, owner: owner)
        } catch {
            throw .failure("\(path): \(error.description)")
        }
        if case .failed(let reason) = response { throw .failure("\(path): \(reason)") }
        guard let found = answer(response) else {
            throw CommandError(ControlError.badAnswer("another question's"))
        }
        return found
    }
}

extension ViewLocator {
    /// The view that was mounted by a configuration, whatever that says by now, or that a path names. A configuration of that
    /// name goes before a path that looks like it.
    func view(
        mountedBy word: String, _ locator: ConfigurationLocator, _ client: ControlClient
    ) throws(CommandError) -> View {
        guard ConfigurationLocator.isName(word), let file = try? locator.path(of: .name(word))
        else {
            return try view(named: word)
        }
        for candidate in try views(nil) {
            let report = try? candidate.ask(.configuration, client) { response in
                if case .configuration(let report) = response { report } else { nil }
            }
            if report?.file == file { return candidate }
        }
        throw CommandError(
            .nothingToDo,
            "no view that answers is mounted by \(file): `larder mount \(word)` mounts it")
    }
}

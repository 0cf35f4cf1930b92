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

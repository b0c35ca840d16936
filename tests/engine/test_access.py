"""Who may do what, and where: every role and operation, every refusal in the log, and no door without a keeper."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from small_package import NOW as PACKAGE_NOW
from small_package import SOUND, write_folder
from small_pilot import BASELINE, EVERYTHING_FITS, NOW, pilot

import engine
from engine import access
from engine.access import LINK, OPERATIONS, ROLES, acting, allow, give_role, looking, withdraw_role
from engine.errors import AccessDenied, InputError
from engine.facts import RequestWithdrawn
from engine.intake import import_package, known_in, read_package
from engine.live import adoption
from engine.matching import match
from engine.store import Store

ENGINE = Path(engine.__file__).parent
HELSINGBORG, BJUV = "1283", "1260"


def give_every_role(store):
    for role in ("admin", *(role for role in ROLES if role != "admin")):
        give_role(store, "admin", role, role, [HELSINGBORG] if ROLES[role].is_municipal else [])
    return store


@pytest.fixture
def staffed(store):
    """Give a pilot with one account of every role, named after it; the coordinators are Helsingborg's."""
    return give_every_role(store)


@pytest.fixture(scope="module")
def shared():
    """Give such a pilot to tests that only count what they add."""
    store = give_every_role(Store.in_memory(clock=lambda: NOW))
    yield store
    store.close()


@pytest.fixture(scope="module")
def nobodys():
    """Give a pilot in which no role was ever given to tests that only count what they add."""
    store = Store.in_memory(clock=lambda: NOW)
    yield store
    store.close()


def refusals(store):
    with store.reading() as reading:
        rows = reading.facts_of("access_refused").to_pylist()
    return [(row["account_id"], row["operation"]) for row in rows]


def withdraw(transaction, request_id="q"):
    transaction.append([RequestWithdrawn(occurred_at=transaction.recorded_at, request_id=request_id)])


def written(store):
    with store.reading() as reading:
        return reading.facts_of("request_withdrawn")["actor_id"].to_pylist()


def test_a_role_that_sees_no_person_has_no_operation_that_shows_one():
    blind = {role.code for role in ROLES.values() if "sees no person" in role.en}

    shown = {role for code in ("read_identity", "read_protected", "export_subject") for role in OPERATIONS[code].roles}

    assert blind == {"researcher"}
    assert not blind & shown


def test_the_page_shows_who_may_do_what():
    page = (ENGINE / "README.md").read_text(encoding="utf-8")

    assert access.table() in page


def test_everybody_whom_an_operation_names_is_a_role():
    for operation in OPERATIONS.values():
        assert operation.roles
        assert set(operation.roles) <= set(ROLES)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_role_may_do_what_the_table_says_and_nothing_else(shared, operation):
    for role in ROLES:
        before = len(written(shared)), len(refusals(shared))
        if role in OPERATIONS[operation].roles:
            with acting(shared, role, operation) as (transaction, who):
                withdraw(transaction)
            with looking(shared, role, operation) as (_, also):
                assert (also.account_id, also.operation) == (who.account_id, who.operation) == (role, operation)
            assert (len(written(shared)), len(refusals(shared))) == (before[0] + 1, before[1])
            continue
        for door in (acting, looking):
            with pytest.raises(AccessDenied, match=f"{role} is {role} and may not"), door(shared, role, operation):
                pytest.fail("the door was open")
        assert (len(written(shared)), refusals(shared)[before[1] :]) == (before[0], [(role, operation)] * 2)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_link_opens_what_links_are_for(shared, operation):
    with shared.reading() as reading:
        if OPERATIONS[operation].by_link:
            assert allow(reading, f"{LINK}offer-1", operation).municipality_codes is None
        else:
            with pytest.raises(AccessDenied, match="A link may not"):
                allow(reading, f"{LINK}offer-1", operation)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_account_without_a_role_may_do_nothing_once_there_are_roles(shared, operation):
    with pytest.raises(AccessDenied, match="eve has no role in this pilot"), acting(shared, "eve", operation):
        pytest.fail("the door was open")

    assert refusals(shared)[-1] == ("eve", operation)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_pilot_without_roles_belongs_to_whoever_has_the_file(nobodys, operation):
    with acting(nobodys, "cli", operation) as (_, who):
        assert who.municipality_codes is None


def test_an_operation_that_is_none_is_a_mistake_not_a_refusal(staffed):
    with pytest.raises(InputError, match="no operation 'fly'"), acting(staffed, "admin", "fly"):
        pass

    assert refusals(staffed) == []


def test_a_coordinator_works_in_the_municipalities_given_and_in_no_other(staffed):
    give_role(staffed, "admin", "anna", "coordinator", [HELSINGBORG, "1276"])

    with acting(staffed, "anna", "send_offer") as (transaction, who):
        who.must_work_in(HELSINGBORG)
        who.must_work_in("1276")
        withdraw(transaction)
    with (
        pytest.raises(AccessDenied, match="anna may not put an approved proposal to volunteers in Bjuv"),
        acting(staffed, "anna", "send_offer") as (transaction, who),
    ):
        withdraw(transaction)
        who.must_work_in(BJUV)

    assert written(staffed) == ["anna"]
    assert refusals(staffed) == [("anna", "send_offer")]


def test_roles_for_all_municipalities_are_refused_in_none(staffed):
    with looking(staffed, "lead", "evaluate") as (_, who):
        assert all(who.may_work_in(code) for code in access.MUNICIPALITIES)


def test_a_refusal_inside_an_operation_is_noted_once_under_what_was_refused(staffed):
    with (
        pytest.raises(AccessDenied),
        looking(staffed, "coordinator", "read_identity") as (reading, _),
    ):
        allow(reading, "coordinator", "read_protected")

    assert refusals(staffed) == [("coordinator", "read_protected")]


def test_what_is_refused_for_another_reason_is_not_noted_as_a_refusal(staffed):
    with pytest.raises(InputError), acting(staffed, "coordinator", "send_offer"):
        raise InputError("No such request.")

    assert refusals(staffed) == []


def test_a_role_counts_from_when_it_is_given_until_it_is_taken(store):
    give_role(store, "cli", "boss", "admin")
    give_role(store, "boss", "anna", "lead")
    with looking(store, "anna", "evaluate"):
        pass

    give_role(store, "boss", "anna", "researcher")
    with pytest.raises(AccessDenied), looking(store, "anna", "match"):
        pass
    withdraw_role(store, "boss", "anna")
    with pytest.raises(AccessDenied), looking(store, "anna", "evaluate"):
        pass

    assert access.list_roles(store, "boss")["account_id"].tolist() == ["boss"]


def test_the_first_role_is_an_admin_and_the_last_admin_stays(store):
    with pytest.raises(InputError, match="first role of a pilot is an admin's"):
        give_role(store, "cli", "anna", "lead")
    give_role(store, "cli", "boss", "admin")
    with pytest.raises(InputError, match="boss is the last admin"):
        withdraw_role(store, "boss", "boss")
    with pytest.raises(InputError, match="boss is the last admin"):
        give_role(store, "boss", "boss", "lead")

    give_role(store, "boss", "chief", "admin")
    withdraw_role(store, "boss", "boss")

    assert access.list_roles(store, "chief")["role"].tolist() == ["admin"]


@pytest.mark.parametrize(
    ("account", "role", "codes", "sentence"),
    [
        ("anna", "queen", [], "no role 'queen'"),
        ("anna", "coordinator", [], "needs at least one municipality"),
        ("anna", "lead", [HELSINGBORG], "is for all municipalities"),
        ("anna", "coordinator", ["0180"], "'0180' is not the code of a municipality"),
        (f"{LINK}anna", "lead", [], "cannot be called 'link:anna'"),
        ("anna\nboss", "lead", [], "An account is 1 to 64 letters"),
    ],
)
def test_a_role_that_cannot_be_is_refused(staffed, account, role, codes, sentence):
    with pytest.raises(InputError, match=sentence):
        give_role(staffed, "admin", account, role, codes)


def test_somebody_without_a_role_cannot_lose_it(staffed):
    with pytest.raises(InputError, match="eve has no role"):
        withdraw_role(staffed, "admin", "eve")


ODD_ACCOUNTS = [
    "",
    "a b",
    "anna\n2026-01-01 boss approved",
    "a" * 65,
    "åsa",
    "a;b",
    "<b>",
    "a/b",
    "\x1b[2J",
    "a\x00",
    "a,b",
]


@pytest.mark.parametrize("account", ODD_ACCOUNTS)
def test_an_account_that_could_forge_a_line_of_the_log_is_refused_everywhere(nobodys, account):
    with pytest.raises(InputError, match="An account is 1 to 64 letters"), nobodys.transaction(account, "test"):
        pass
    with nobodys.reading() as reading, pytest.raises(InputError, match="An account is 1 to 64 letters"):
        allow(reading, account, "evaluate")


@pytest.mark.parametrize("action", ["", "two\nlines", "x" * 101, "réserver"])
def test_an_action_is_a_few_plain_words(nobodys, action):
    with pytest.raises(InputError, match="The action"), nobodys.transaction("anna", action):
        pass


@pytest.mark.parametrize(
    "account", ["cli", "demo", "engine", "test", "dashboard", "anna.b@helsingborg.se", "link:v-1", "A_1"]
)
def test_accounts_as_they_are_in_use_are_taken(nobodys, account):
    with acting(nobodys, account, "answer_offer") as (transaction, _):
        withdraw(transaction)

    assert written(nobodys)[-1] == account


# The doors that were there before roles.


def test_a_match_is_for_those_who_may_and_the_run_says_who_asked():
    store = pilot(*EVERYTHING_FITS)
    give_role(store, "cli", "boss", "admin")
    give_role(store, "boss", "anna", "coordinator", [HELSINGBORG])

    with pytest.raises(AccessDenied, match="boss is admin and may not make a match run"):
        match(store, BASELINE, NOW, actor_id="boss")
    with pytest.raises(AccessDenied, match="engine has no role"):
        match(store, BASELINE, NOW)
    match(store, BASELINE, NOW, actor_id="anna")

    with store.reading() as reading:
        assert reading.facts_of("run_made")["actor_id"].to_pylist() == ["anna"]
    assert refusals(store) == [("boss", "match"), ("engine", "match")]


def test_a_policy_is_set_by_the_lead(staffed):
    for refused in ("coordinator", "admin", "researcher"):
        with pytest.raises(AccessDenied):
            adoption.adopt(staffed, BASELINE, refused, "why not")
        with pytest.raises(AccessDenied):
            adoption.roll_back(staffed, refused, "why not")
    adoption.adopt(staffed, BASELINE, "lead", "council decision")

    with staffed.reading() as reading:
        assert reading.facts_of("policy_adopted")["actor_id"].to_pylist() == ["lead"]


def test_a_package_is_imported_by_coordinators_only(staffed, tmp_path):
    folder = write_folder(tmp_path, SOUND)
    for refused in ("lead", "admin", "researcher"):
        with pytest.raises(AccessDenied):
            import_package(staffed, folder, refused, now=PACKAGE_NOW)

    with staffed.reading() as reading:
        assert reading.state("residents_at", PACKAGE_NOW).empty
    assert {operation for _, operation in refusals(staffed)} == {"register_people"}


HEAD = SOUND["residents"].splitlines()[0]


def residents(*rows):
    return {"residents": "\n".join((HEAD, *rows)) + "\n"}


AT_HOME = "r1,Ada,,,,1283,56.05,12.70,1950,sv,"
NEXT_DOOR = "r2,Bo,,,,1260,56.08,12.91,1950,sv,"
HIDDEN = "r3,Cia,,,,1283,,,1950,sv,yes"


@pytest.fixture(scope="module")
def two_municipalities(tmp_path_factory):
    """Give Ada of Helsingborg, Bo of Bjuv and Cia with a protected identity; Ada and Bo volunteer."""
    tables = residents(AT_HOME, NEXT_DOOR, HIDDEN) | {
        "volunteers": SOUND["volunteers"].splitlines()[0] + "\nv1,r1,shopping,10,3,240,\nv2,r2,shopping,10,3,240,\n"
    }
    store = give_every_role(Store.in_memory(clock=lambda: PACKAGE_NOW))
    give_role(store, "admin", "both", "coordinator_protected", [HELSINGBORG, BJUV])
    import_package(store, write_folder(tmp_path_factory.mktemp("start"), tables), "both", now=PACKAGE_NOW)
    yield store
    store.close()


REQUEST = SOUND["requests"].splitlines()[0] + "\n"
ASKED = "shopping,60,2026-12-01T09:00,2026-12-01T15:00,1,1,,2026-11-20T10:00,\n"
OUT_OF_REACH = {
    "a resident": residents("r9,Eva,,,,1260,56.08,12.91,1950,sv,"),
    "a resident who would be moved away": residents(AT_HOME.replace("1283", "1260")),
    "a resident who would be taken over": residents(NEXT_DOOR.replace("1260", "1283")),
    "a request": {"requests": REQUEST + "q1,r2," + ASKED},
    "a grant": {"grants": "resident_id,service,valid_from,valid_to,decision\nr2,shopping,2026-01-01,,SN 1\n"},
    "a volunteer": {
        "volunteers": "volunteer_id,resident_id,services,radius_km,visits_per_week,minutes_per_week,joined_at\n"
        "v2,r2,shopping,1,3,240,\n"
    },
    "a check": {"vetting": "volunteer_id,check,valid_from,valid_to\nv2,identity,2026-01-01,\n"},
    "a week": {"availability": "volunteer_id,weekday,starts,ends\nv2,1,09:00,12:00\n"},
    "a relation of two neighbours": {"relations": "resident_id,volunteer_id,kind\nr2,v2,blocked\n"},
}


@pytest.mark.parametrize("what", OUT_OF_REACH)
def test_a_coordinator_imports_nothing_about_people_of_another_municipality(two_municipalities, tmp_path, what):
    folder, before = write_folder(tmp_path, OUT_OF_REACH[what]), len(refusals(two_municipalities))
    with two_municipalities.reading() as reading:
        assert read_package(folder, known_in(reading), PACKAGE_NOW).facts  # nothing else is wrong with it

    with pytest.raises(AccessDenied, match="in Bjuv"):
        import_package(two_municipalities, folder, "coordinator", now=PACKAGE_NOW)

    assert refusals(two_municipalities)[before:] == [("coordinator", "register_people")]


def test_across_the_border_a_coordinator_may_say_what_holds_between_an_own_and_a_foreign_person(
    two_municipalities, tmp_path
):
    rows = "resident_id,volunteer_id,kind\nr1,v2,blocked\nr2,v1,preferred\n"

    import_package(
        two_municipalities, write_folder(tmp_path / "more", {"relations": rows}), "coordinator", now=PACKAGE_NOW
    )

    with two_municipalities.reading() as reading:
        assert reading.facts_of("relation_stated").num_rows == 2


def test_a_protected_person_is_imported_anew_by_those_who_serve_them_only(two_municipalities, tmp_path):
    folder = write_folder(tmp_path / "more", {"requests": REQUEST + "q1,r3," + ASKED})

    with pytest.raises(AccessDenied, match="protected identity"):
        import_package(two_municipalities, folder, "coordinator", now=PACKAGE_NOW)
    import_package(two_municipalities, folder, "coordinator_protected", now=PACKAGE_NOW)

    assert refusals(two_municipalities)[-1] == ("coordinator", "read_protected")


# No door without a keeper: read from the code itself, so that a new module is held to it from its first day.

KEEPERS = {"acting", "allow", "looking"}
FOR_THE_HOUSE = {
    "live/own_page.who_comes": "asks the signed link instead, reads who comes to its resident, and notes each name",
    "people/destruction.finish": "ends what a door that asked began; anybody may repeat it: it only rewrites",
    "reasons/what_if.what_if": "what is supposed is undone when the block ends",
}
"""Functions that take a store, ask nobody and yet open a transaction, each with the reason."""


def functions_of_the_engine():
    """Find every function of every module: (module, name) -> its node."""
    return {
        (path.relative_to(ENGINE).with_suffix("").as_posix(), node.name): node
        for path in ENGINE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
    }


MODULES = {path.stem for path in ENGINE.rglob("*.py")}


def called_in(node):
    """Name the functions that are called, by their name or as one of a module's; methods are left out."""
    calls = [call.func for call in ast.walk(node) if isinstance(call, ast.Call)]
    return {call.id for call in calls if isinstance(call, ast.Name)} | {
        call.attr
        for call in calls
        if isinstance(call, ast.Attribute) and isinstance(call.value, ast.Name) and call.value.id in MODULES
    }


def closure(functions, names):
    """Find by name which functions call one of these, by themselves or through what they call."""
    found, n_before = set(names), 0
    while len(found) > n_before:
        n_before = len(found)
        found |= {name for (_, name), node in functions.items() if called_in(node) & found}
    return found


def opens_a_transaction(node):
    calls = [call.func for call in ast.walk(node) if isinstance(call, ast.Call)]
    return any(ast.unparse(call) in {"store.transaction", "self.store.transaction"} for call in calls)


def doors(functions):
    """Find the public functions that take a store, and whether they say who acts."""
    for (module, name), node in functions.items():
        parameters = {a.arg for a in (*node.args.args, *node.args.kwonlyargs)}
        if not name.startswith("_") and "store" in parameters and name not in KEEPERS:
            yield module, name, bool(parameters & {"actor_id", "account_id", "actor"})


def test_every_door_of_the_engine_asks_who_is_there():
    """Whoever is told who acts asks; whoever is not told writes nothing, and so reads no person either."""
    functions = functions_of_the_engine()
    kept = closure(functions, KEEPERS)
    writers = {
        name
        for (module, name), node in functions.items()
        if opens_a_transaction(node) and f"{module}.{name}" not in FOR_THE_HOUSE
    }
    writing = closure(functions, writers)

    unkept = {
        f"{module}.{name}"
        for module, name, says_who in doors(functions)
        if not called_in(functions[module, name]) & kept
        and (says_who or opens_a_transaction(functions[module, name]) or called_in(functions[module, name]) & writing)
    }

    assert unkept == set(FOR_THE_HOUSE)
    assert len(list(doors(functions))) > 40


def test_every_operation_that_is_asked_for_exists_and_each_has_its_door():
    asked = {
        argument.value
        for node in functions_of_the_engine().values()
        for call in ast.walk(node)
        if isinstance(call, ast.Call)
        for argument in call.args
        if isinstance(argument, ast.Constant) and argument.value in OPERATIONS
    }

    assert set(OPERATIONS) - asked == set()


def test_operations_are_named_by_words_of_the_table():
    """What stands where a keeper wants an operation is one, or a name that holds one."""
    unknown = [
        (module, call.args[2].value)
        for (module, _), node in functions_of_the_engine().items()
        for call in ast.walk(node)
        if isinstance(call, ast.Call) and called_in(ast.Expression(call)) & KEEPERS and len(call.args) > 2
        if isinstance(call.args[2], ast.Constant) and call.args[2].value not in OPERATIONS
    ]

    assert unknown == []

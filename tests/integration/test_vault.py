"""A sealed cell opens where it was sealed and nowhere else; blind keys tell nothing without their key."""

from __future__ import annotations

import pickle
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlmodel import Session

from integrations.store.sealing import open_json, seal_json
from integrations.vault import Place, SealBroken, Vault
from models.tables.base import Sealed
from tests.builders import NOW, a_child, a_sponsor, a_vault, an_application

OLD_KEY, NEW_KEY, BLIND = bytes(32), bytes([7]) * 32, bytes([9]) * 32
HERE = Place("child", "sealed_details", UUID(int=1))


def test_what_is_sealed_in_a_row_opens_from_that_row(session: Session, vault: Vault) -> None:
    child = a_child(session, vault)
    seal_json(vault, child, "sealed_details", {"given_names": "Ixchel", "note": "niña ʼ"})
    session.flush()
    session.expire(child)
    assert open_json(vault, child, "sealed_details") == {"given_names": "Ixchel", "note": "niña ʼ"}


def test_a_cell_copied_to_another_row_does_not_open(session: Session, vault: Vault) -> None:
    one, other = a_child(session, vault), a_child(session, vault)
    session.execute(
        text(
            "UPDATE child SET sealed_details = (SELECT sealed_details FROM child WHERE id = :one)"
            " WHERE id = :other"
        ),
        {"one": one.id, "other": other.id},
    )
    session.expire(other)
    with pytest.raises(SealBroken):
        open_json(vault, other, "sealed_details")
    assert open_json(vault, one, "sealed_details")["family_names"] == "Example Coj"


def test_a_cell_copied_to_another_table_does_not_open(session: Session, vault: Vault) -> None:
    child = a_child(session, vault)
    sponsor = a_sponsor(session, vault, id=child.id, sealed_details=child.sealed_details)
    with pytest.raises(SealBroken):
        open_json(vault, sponsor, "sealed_details")


@pytest.mark.parametrize(
    "elsewhere",
    [
        Place("child", "sealed_details", UUID(int=2)),
        Place("child", "sealed_other", UUID(int=1)),
        Place("sponsor", "sealed_details", UUID(int=1)),
    ],
)
def test_a_seal_opens_in_its_own_place_alone(vault: Vault, elsewhere: Place) -> None:
    value = vault.seal(b"Ixchel", HERE)
    assert vault.open(value, HERE) == b"Ixchel"
    with pytest.raises(SealBroken):
        vault.open(value, elsewhere)


def test_a_change_of_any_byte_is_noticed(vault: Vault) -> None:
    value = vault.seal(b"Ixchel", HERE)
    for index in range(len(value)):
        changed = bytearray(value)
        changed[index] ^= 1
        with pytest.raises(SealBroken):
            vault.open(Sealed(bytes(changed)), HERE)


def test_a_seal_that_is_cut_off_or_empty_is_noticed(vault: Vault) -> None:
    value = vault.seal(b"Ixchel", HERE)
    for length in range(len(value)):
        with pytest.raises(SealBroken):
            vault.open(Sealed(value[:length]), HERE)


def test_after_a_rotation_old_seals_open_and_new_ones_use_the_new_key() -> None:
    before = Vault({1: OLD_KEY}, BLIND).seal(b"old", HERE)
    rotated = Vault({1: OLD_KEY, 2: NEW_KEY}, BLIND)
    after = rotated.seal(b"new", HERE)
    assert rotated.open(before, HERE) == b"old"
    assert Vault({2: NEW_KEY}, BLIND).open(after, HERE) == b"new"
    with pytest.raises(SealBroken, match="unknown seal"):
        Vault({2: NEW_KEY}, BLIND).open(before, HERE)


def test_a_key_id_with_another_key_behind_it_opens_nothing() -> None:
    value = Vault({1: OLD_KEY}, BLIND).seal(b"old", HERE)
    with pytest.raises(SealBroken):
        Vault({1: NEW_KEY}, BLIND).open(value, HERE)


def test_the_same_content_is_sealed_differently_each_time(vault: Vault) -> None:
    assert len({bytes(vault.seal(b"Ixchel", HERE)) for _ in range(50)}) == 50


def test_a_broken_seal_names_the_cell_and_not_its_content(vault: Vault) -> None:
    value = vault.seal(b"Ixchel Example", HERE)
    with pytest.raises(SealBroken) as caught:
        vault.open(value, Place("child", "sealed_details", UUID(int=2)))
    assert "Ixchel" not in str(caught.value)
    assert "child.sealed_details" in str(caught.value)
    assert isinstance(pickle.loads(pickle.dumps(caught.value)), SealBroken)


def test_blind_keys_differ_per_kind_and_per_part_and_per_key(vault: Vault) -> None:
    keys = [
        vault.blind("phone", "220555001"),
        vault.blind("a_number", "220555001"),
        vault.blind("identity", "GT", "1"),
        vault.blind("identity", "G", "T1"),
        vault.blind("identity", "GT1"),
        vault.blind("identity", "1", "GT"),
        Vault({1: OLD_KEY}, NEW_KEY).blind("phone", "220555001"),
    ]
    assert len(set(keys)) == len(keys)
    assert {len(key) for key in keys} == {32}


def test_a_blind_key_is_the_same_for_the_same_input(vault: Vault) -> None:
    assert vault.blind("phone", "17135550101") == a_vault().blind("phone", b"17135550101")


def test_rotation_of_the_seal_does_not_move_blind_keys(vault: Vault) -> None:
    same_blind_key = bytes(range(32, 64))
    rotated = Vault({1: OLD_KEY, 9: NEW_KEY}, same_blind_key)
    assert rotated.blind("phone", "17135550101") == vault.blind("phone", "17135550101")


@pytest.mark.parametrize(
    ("keys", "blind_key"),
    [({}, BLIND), ({1: b"short"}, BLIND), ({1: OLD_KEY}, b""), ({1: OLD_KEY, 2: b"x"}, BLIND)],
)
def test_a_vault_without_whole_keys_is_not_made(keys: dict[int, bytes], blind_key: bytes) -> None:
    with pytest.raises(ValueError, match="32-byte"):
        Vault(keys, blind_key)


@pytest.mark.parametrize("key_id", [0, 256, -1])
def test_a_key_id_that_does_not_fit_its_byte_is_refused_before_anything_is_sealed(key_id: int) -> None:
    with pytest.raises(ValueError, match="1 to 255"):
        Vault({key_id: OLD_KEY}, BLIND)


def test_no_name_or_number_stands_readable_in_the_database(session: Session, vault: Vault) -> None:
    """A dump of each table with a person in it holds none of the words that were sealed."""
    application = an_application(session, vault, submitted_at=NOW)
    for table in ("child", "sponsor"):
        for row in session.execute(text(f"SELECT t::text FROM {table} t")).scalars():
            assert "Example" not in row
            for word in ("Ixchel", "Marta", "Example Coj"):
                assert word.encode().hex() not in row
    assert application.reference.startswith("TEST-")

"""The names of the demo province: its districts are real (before July 2025), all else is invented."""

from __future__ import annotations

from random import Random

DISTRICTS: tuple[tuple[str, int], ...] = (
    ("Thành phố Thanh Hóa", 34),
    ("Thành phố Sầm Sơn", 11),
    ("Thị xã Bỉm Sơn", 7),
    ("Thị xã Nghi Sơn", 31),
    ("Huyện Bá Thước", 21),
    ("Huyện Cẩm Thủy", 17),
    ("Huyện Đông Sơn", 14),
    ("Huyện Hà Trung", 20),
    ("Huyện Hậu Lộc", 23),
    ("Huyện Hoằng Hóa", 37),
    ("Huyện Lang Chánh", 10),
    ("Huyện Mường Lát", 8),
    ("Huyện Nga Sơn", 24),
    ("Huyện Ngọc Lặc", 21),
    ("Huyện Như Thanh", 14),
    ("Huyện Như Xuân", 16),
    ("Huyện Nông Cống", 29),
    ("Huyện Quan Hóa", 15),
    ("Huyện Quan Sơn", 12),
    ("Huyện Quảng Xương", 26),
    ("Huyện Thạch Thành", 25),
    ("Huyện Thiệu Hóa", 25),
    ("Huyện Thọ Xuân", 30),
    ("Huyện Thường Xuân", 16),
    ("Huyện Triệu Sơn", 34),
    ("Huyện Vĩnh Lộc", 13),
    ("Huyện Yên Định", 26),
)
"""each district with the number of its communes"""

PROVINCIAL_ROOMS: tuple[str, ...] = (
    "Phòng họp trực tuyến UBND tỉnh",
    "Phòng họp Tỉnh ủy",
    "Phòng họp HĐND tỉnh",
    "Hội trường UBND tỉnh",
    "Phòng họp Sở Thông tin và Truyền thông",
    "Phòng họp Sở Nội vụ",
    "Phòng họp Sở Tài chính",
    "Phòng họp Sở Y tế",
    "Phòng họp Sở Giáo dục và Đào tạo",
    "Phòng họp Sở Nông nghiệp",
    "Phòng họp Sở Xây dựng",
    "Phòng điều hành IOC",
)
MCUS: tuple[str, ...] = ("MCU số 1", "MCU số 2")
SERVERS: tuple[str, ...] = (
    "Máy chủ Cổng dịch vụ công",
    "Máy chủ Một cửa điện tử",
    "Máy chủ Quản lý văn bản",
    "Máy chủ Trục tích hợp dữ liệu",
    "Máy chủ Cơ sở dữ liệu 1",
    "Máy chủ Cơ sở dữ liệu 2",
)
"""servers of the province's data center"""

_FIRST = (
    "An Bình Cẩm Đại Đông Hà Hải Hoàng Hồng Khánh Lương Minh Ngọc Phú Quang Sơn Tam Tân Thanh Thiện Thọ "
    "Trung Tượng Vạn Vĩnh Xuân Yên"
)
_LAST = (
    "An Bình Châu Cường Giang Hòa Hưng Khê Lâm Lễ Lĩnh Lộc Long Lợi Mỹ Nghĩa Ninh Phong Phúc Sơn Tâm Thành "
    "Thắng Tiến Trường Vân Xá"
)


_FAMILY = "Nguyễn Lê Trần Phạm Hoàng Trịnh Vũ Đỗ Bùi Lưu Mai Hà Cao Đinh Ngô Tống"
_GIVEN = (
    "Văn Hùng,Thị Lan,Minh Tuấn,Hồng Hạnh,Trung Dũng,Thu Thủy,Hoài Nam,Thanh Hương,Ngọc Sơn,Thị Mai,Anh Quân,"
    "Hải Yến,Đình Phúc,Quốc Khánh,Hữu Nghĩa,Xuân Trường,Bích Ngọc"
)


def commune_names(rng: Random, count: int) -> list[str]:
    """So many different invented commune names."""
    pairs = [f"Xã {first} {last}" for first in _FIRST.split() for last in _LAST.split() if first != last]
    return rng.sample(pairs, count)


def owner(number: int) -> str:
    """The invented name of the technician who answers for a site, by its number."""
    family, given = _FAMILY.split(), _GIVEN.split(",")
    return f"{family[number % len(family)]} {given[(number * 7 + number // len(family)) % len(given)]}"
